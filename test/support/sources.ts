// Real sources to build, from Debian's archive: fetched once, kept below the system's temporary folder.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inPath } from './needs.ts'

/** A folder of sources, or why there is none. */
export type Sources = { readonly folder: string } | { readonly reason: string }

const cache = join(fs.realpathSync(tmpdir()), 'bpf-tasks-sources')

/** Source packages by the version of libbpf in them, with the suite that has them. */
const packages = {
  '1.1.2': ['1.1.2-0+deb12u1', 'bookworm'],
  '1.5.0': ['1.5.0-3', 'trixie'],
  '1.7.0': ['1.7.0-1', 'sid'],
} as const

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The sources of a release of libbpf as upstream published them. */
export function libbpfSources(release: keyof typeof packages): Sources {
  const [version, suite] = packages[release]
  return unpacked(`libbpf-${release}`, (into) => {
    const lists = join(cache, 'lists', suite)
    fs.mkdirSync(join(lists, 'partial'), { recursive: true })
    // Not among the lists, where apt removes what it does not know.
    const list = join(cache, `${suite}.list`)
    fs.writeFileSync(
      list,
      `deb-src [signed-by=${KEYRING}] http://deb.debian.org/debian ${suite} main\n`,
    )
    // Lists of its own, so that the machine's apt is left as it is.
    const apt = [
      'apt-get',
      ...['-qq', '-o', `Dir::Etc::sourcelist=${list}`],
      ...['-o', 'Dir::Etc::sourceparts=/dev/null', '-o', `Dir::State::Lists=${lists}`],
      ...['-o', `Dir::Cache=${lists}`, '-o', 'APT::Sandbox::User=root'],
    ]
    if (!fs.readdirSync(lists).some((name) => name.includes('_Sources'))) {
      run([...apt, 'update'], cache)
    }
    run([...apt, 'source', '--download-only', `libbpf=${version}`], into)
    run(['tar', 'xf', `libbpf_${release}.orig.tar.gz`, '--strip-components=1'], into)
  })
}

/** The parts of Linux 6.1 that have libbpf and bpftool, and what their own Makefiles need. */
export function kernelSources(): Sources {
  return unpacked('linux-6.1-tools', (into) => {
    run(['apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', 'linux-source-6.1'], into)
    const name = fs.readdirSync(into).find((entry) => entry.endsWith('.deb')) ?? ''
    run(['dpkg-deb', '-x', name, 'deb'], into)
    run(
      [
        ...['tar', 'xJf', 'deb/usr/src/linux-source-6.1.tar.xz', '--strip-components=1'],
        ...['--wildcards', 'linux-source-6.1/tools/lib/*', 'linux-source-6.1/tools/include/*'],
        ...['linux-source-6.1/tools/bpf/*', 'linux-source-6.1/tools/arch/*'],
        ...['linux-source-6.1/tools/build/*', 'linux-source-6.1/tools/scripts/*'],
        ...['linux-source-6.1/scripts/bpf_doc.py', 'linux-source-6.1/kernel/bpf/disasm.[ch]'],
      ],
      into,
    )
    fs.rmSync(join(into, name))
    fs.rmSync(join(into, 'deb'), { recursive: true })
  })
}

/** Fills a folder of the cache, unless it is there: under another name first, so that it is whole. */
function unpacked(name: string, fill: (into: string) => void): Sources {
  const folder = join(cache, name)
  if (fs.existsSync(folder)) return { folder }
  if (!inPath('apt-get') || !fs.existsSync(KEYRING)) return { reason: 'no apt of Debian here' }
  const into = `${folder}.${process.pid}`
  try {
    fs.mkdirSync(into, { recursive: true })
    fill(into)
    fs.renameSync(into, folder)
    return { folder }
  } catch (error) {
    if (fs.existsSync(folder)) return { folder }
    return { reason: error instanceof Error ? error.message : String(error) }
  } finally {
    fs.rmSync(into, { recursive: true, force: true })
  }
}

/** @throws Error with the last line of what it said */
export function run(command: readonly string[], folder: string): string {
  const [program = '', ...args] = command
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 240_000,
    maxBuffer: 1 << 28,
  })
  if (status === 0) return stdout
  const said = stderr?.trim().split('\n').at(-1) ?? ''
  throw new Error(`${program} ${args[0] ?? ''}: ${said || error?.message || `status ${status}`}`)
}
