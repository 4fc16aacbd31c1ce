// Kernels out of Debian's archive, with a made-up apt: which package is taken, and what is not believed.
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  fetchBusybox,
  fetchKernel,
  type RunCommand,
} from '../../../../tasks/bpf/proof/vm/debian.ts'
import { skip } from '../../../support/needs.ts'
import { refusal } from '../../../support/refusal.ts'
import { Tree } from '../../../support/tree.ts'

/** An archive whose packages have one file each; it answers as apt and dpkg do. */
class FakeArchive {
  readonly packages: Readonly<Record<string, string>>
  readonly commands: string[] = []
  /** What came instead of the package. */
  instead: string | undefined
  isReachable = true

  /** @param packages the file that each has, by its name */
  constructor(packages: Readonly<Record<string, string>>) {
    this.packages = packages
  }

  readonly run: RunCommand = (words) => {
    this.commands.push(words.join(' '))
    const name = words.at(-1) ?? ''
    const ok = (stdout = '') => ({ status: 0, stdout, stderr: '' })
    if (words.includes('update')) {
      return this.isReachable ? ok() : { status: 100, stdout: '', stderr: 'E: no route to host' }
    }
    if (words.includes('pkgnames')) return ok(`${Object.keys(this.packages).join('\n')}\n`)
    if (words.includes('show')) {
      const sha256 = createHash('sha256').update(name).digest('hex')
      return ok(`Package: ${name}\nVersion: 1-2\nSHA256: ${sha256}\n`)
    }
    if (words.includes('download')) {
      const folder = words.find((word) => word.startsWith('--chdir='))?.slice(8) ?? ''
      fs.writeFileSync(join(folder, `${name}.deb`), this.instead ?? name)
      return ok()
    }
    const [, , deb = '', to = ''] = words
    const file = join(to, this.packages[fs.readFileSync(deb, 'utf8')] ?? '')
    fs.mkdirSync(join(file, '..'), { recursive: true })
    fs.writeFileSync(file, `image of ${fs.readFileSync(deb, 'utf8')}`)
    return ok()
  }
}

const hasKeys = ['gpg', 'pgp'].some((ending) =>
  fs.existsSync(`/usr/share/keyrings/debian-archive-keyring.${ending}`),
)

function archiveTest(name: string, act: (tree: Tree) => void): void {
  if (!hasKeys) {
    skip(test, name, "no keys of Debian's archive here")
    return
  }
  test(name, () => {
    using tree = new Tree()
    fs.mkdirSync(tree.at('kernels'))
    act(tree)
    const left = fs.readdirSync(tree.at('kernels')).filter((entry) => entry.startsWith('.'))
    assert.equal(left, [])
  })
}

const kernelsOf61 = {
  'linux-image-6.1.0-9-cloud-amd64': 'boot/vmlinuz-6.1.0-9-cloud-amd64',
  'linux-image-6.1.0-56-cloud-amd64': 'boot/vmlinuz-6.1.0-56-cloud-amd64',
  'linux-image-6.1.0-56-cloud-amd64-unsigned': 'boot/vmlinuz-6.1.0-56-cloud-amd64',
  'linux-image-6.1.0-60-amd64': 'boot/vmlinuz-6.1.0-60-amd64',
  'linux-image-6.12.0-1-cloud-amd64': 'boot/vmlinuz-6.12.0-1-cloud-amd64',
}

archiveTest('the newest cloud kernel of a version is taken, by number', (tree) => {
  const archive = new FakeArchive(kernelsOf61)
  fetchKernel(archive.run, '6.1', 'amd64', tree.at('kernels/vmlinuz'))
  assert.is(tree.read('kernels/vmlinuz'), 'image of linux-image-6.1.0-56-cloud-amd64')
  const origin = JSON.parse(tree.read('kernels/vmlinuz.origin.json')) as Record<string, string>
  assert.is(origin['package'], 'linux-image-6.1.0-56-cloud-amd64')
  assert.is(origin['version'], '1-2')
  const hash = createHash('sha256').update(tree.read('kernels/vmlinuz')).digest('hex')
  assert.is(origin['sha256'], hash)
})

archiveTest(
  'its lists, cache and sources are its own: nothing of the system is touched',
  (tree) => {
    const archive = new FakeArchive(kernelsOf61)
    fetchKernel(archive.run, '6.1', 'amd64', tree.at('kernels/vmlinuz'))
    for (const command of archive.commands.filter((words) => words.includes('apt-'))) {
      for (const option of ['State::lists', 'Cache', 'Etc::sourcelist', 'State::status'])
        assert.match(command, `-o Dir::${option}=${fs.realpathSync(tree.at('kernels'))}/.fetching-`)
      assert.match(command, '-o APT::Architecture=amd64')
    }
  },
)

archiveTest('where the image has a package of its own, that is taken', (tree) => {
  const archive = new FakeArchive({
    'linux-image-7.2.12+deb14-cloud-arm64': 'usr/share/doc/nothing',
    'linux-binary-7.2.12+deb14-cloud-arm64': 'usr/lib/modules/7.2.12+deb14-cloud-arm64/vmlinuz',
    'linux-binary-unsigned-7.2.12+deb14-cloud-arm64': 'usr/lib/modules/x/vmlinuz',
  })
  fetchKernel(archive.run, '7.2', 'arm64', tree.at('kernels/vmlinuz'))
  assert.is(tree.read('kernels/vmlinuz'), 'image of linux-binary-7.2.12+deb14-cloud-arm64')
})

archiveTest('a package that is not the one of the signed index is refused', (tree) => {
  const archive = new FakeArchive(kernelsOf61)
  archive.instead = 'something else'
  const fetch = () => fetchKernel(archive.run, '6.1', 'amd64', tree.at('kernels/vmlinuz'))
  assert.is(refusal(fetch).what, 'a downloaded package is not the one of the archive')
  assert.not(tree.exists('kernels/vmlinuz'))
})

archiveTest('what Debian does not have, and an archive that is not reachable, are said', (tree) => {
  const archive = new FakeArchive(kernelsOf61)
  const fetch = (version: string) => () =>
    fetchKernel(archive.run, version, 'amd64', tree.at('kernels/vmlinuz'))
  const { what, facts } = refusal(fetch('5.4'))
  assert.is(what, 'Debian has no package with kernel 5.4 for amd64')
  assert.equal(facts, [['looked in', 'forky, sid']])
  archive.isReachable = false
  const block = refusal(fetch('6.1'))
  assert.is(block.what, 'apt-get failed')
  assert.match(JSON.stringify(block.facts), 'no route to host')
  assert.match(block.hint ?? '', 'is deb.debian.org reachable?')
})

archiveTest('busybox comes the same way', (tree) => {
  const archive = new FakeArchive({ 'busybox-static': 'bin/busybox', busybox: 'bin/busybox' })
  fetchBusybox(archive.run, 'arm64', tree.at('kernels/busybox'))
  assert.is(tree.read('kernels/busybox'), 'image of busybox-static')
})

test.run()
