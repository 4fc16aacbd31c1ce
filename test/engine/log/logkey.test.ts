// The key of a log: where it is, what counts as one, and that two builds at once end with one.
import * as fs from 'node:fs'
import { userInfo } from 'node:os'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { stateHomes, UserKeys } from '../../../tasks/engine/log/logkey.ts'
import { skip, testWith } from '../../support/needs.ts'
import { repository, Tree } from '../../support/tree.ts'
import { Running } from '../../support/watchedprocess.ts'

const OWN = 'home/bpf-tasks/key'
const BESIDE = 'state/key'
const owner = process.geteuid?.()

/** A tree with a home in it, and the folder of a log. */
class Homes extends Tree {
  constructor() {
    super()
    fs.mkdirSync(this.at('home'))
    fs.mkdirSync(this.at('state'))
  }

  keysIn(home: string): UserKeys {
    return new UserKeys(new Disk(this.root), [{ folder: this.at(home), owner }], 'state')
  }

  get keys(): UserKeys {
    return this.keysIn('home')
  }
}

function mode(path: string): string {
  return (fs.statSync(path).mode & 0o777).toString(8)
}

test('a key is made once, for its user alone, and looking for it makes nothing', () => {
  using tree = new Homes()
  assert.is(tree.keys.find(), undefined)
  assert.equal([fs.readdirSync(tree.at('home')), fs.readdirSync(tree.at('state'))], [[], []])
  const key = tree.keys.make()
  assert.is(key.length, 32)
  assert.equal(tree.keys.find(), key)
  assert.equal(tree.keys.make(), key)
  assert.equal(fs.readFileSync(tree.at(OWN)), key)
  assert.equal([mode(tree.at(OWN)), mode(tree.at('home/bpf-tasks'))], ['600', '700'])
  assert.equal(fs.readdirSync(tree.at('home/bpf-tasks')), ['key'])
  assert.equal(fs.readdirSync(tree.at('state')), [])
  using other = new Homes()
  assert.is.not(other.keys.make().toString('hex'), key.toString('hex'))
})

/** What counts as no key, and is replaced by one. */
const NONE: Readonly<Record<string, (path: string) => void>> = {
  'one that others may read': (path) => fs.chmodSync(path, 0o640),
  'one that others may write': (path) => fs.chmodSync(path, 0o602),
  'a short one': (path) => fs.truncateSync(path, 31),
  'a long one': (path) => fs.appendFileSync(path, 'x'),
  'an empty one': (path) => fs.truncateSync(path, 0),
  'a link to a key': (path) => {
    fs.renameSync(path, `${path}.real`)
    fs.symlinkSync('key.real', path)
  },
  'a link to nothing': (path) => {
    fs.unlinkSync(path)
    fs.symlinkSync('nothing', path)
  },
}
for (const [name, spoil] of Object.entries(NONE)) {
  test(`what is no key is replaced: ${name}`, () => {
    using tree = new Homes()
    const key = tree.keys.make()
    spoil(tree.at(OWN))
    assert.is(tree.keys.find(), undefined)
    const fresh = tree.keys.make()
    assert.is.not(fresh.toString('hex'), key.toString('hex'))
    assert.equal(fs.readFileSync(tree.at(OWN)), fresh)
    assert.ok(fs.lstatSync(tree.at(OWN)).isFile())
    const real = tree.at(`${OWN}.real`)
    if (fs.existsSync(real)) assert.equal(fs.readFileSync(real), key)
    assert.equal(tree.keys.find(), fresh)
  })
}

testWith(test, ['root'], 'what is no key is replaced: one of somebody else', () => {
  using tree = new Homes()
  const key = tree.keys.make()
  fs.chownSync(tree.at(OWN), 65534, 65534)
  assert.is(tree.keys.find(), undefined)
  assert.is.not(tree.keys.make().toString('hex'), key.toString('hex'))
})

/** Homes in which there can be no key. */
const HOMELESS: Record<string, (tree: Tree) => void> = {
  'a file': (tree) => {
    tree.remove('home')
    tree.write('home', '')
  },
  'a folder with a file for the folder': (tree) => tree.write('home/bpf-tasks', 'mine'),
  'a folder with a folder for the key': (tree) => {
    tree.write(`${OWN}/mine`, 'mine')
    fs.chmodSync(tree.at('home/bpf-tasks'), 0o700)
  },
  'a folder with a link for the folder': (tree) => {
    fs.mkdirSync(tree.at('elsewhere'), { mode: 0o700 })
    fs.symlinkSync('../elsewhere', tree.at('home/bpf-tasks'))
  },
  'a folder in which others may write': (tree) => {
    fs.mkdirSync(tree.at('home/bpf-tasks'))
    fs.chmodSync(tree.at('home/bpf-tasks'), 0o770)
  },

  'a folder in /proc': (tree) => {
    tree.remove('home')
    fs.symlinkSync('/proc', tree.at('home'))
  },
}
if (owner === 0) {
  HOMELESS['the home of somebody else'] = (tree) => fs.chownSync(tree.at('home'), 65534, 65534)
} else {
  HOMELESS['a folder that is read-only'] = (tree) => fs.chmodSync(tree.at('home'), 0o500)
}
for (const [name, place] of Object.entries(HOMELESS)) {
  test(`where the home is ${name}, the key lies beside the log`, () => {
    using tree = new Homes()
    place(tree)
    const key = tree.keys.make()
    assert.equal(tree.keys.find(), key)
    assert.equal(tree.keys.make(), key)
    assert.equal(fs.readdirSync(tree.at('state')), ['key'])
    assert.is(mode(tree.at(BESIDE)), '600')
    for (const path of [`${OWN}/mine`, 'home/bpf-tasks'].filter((path) => tree.exists(path)))
      if (fs.statSync(tree.at(path)).isFile()) assert.is(tree.read(path), 'mine')
    if (tree.exists('elsewhere')) assert.equal(fs.readdirSync(tree.at('elsewhere')), [])
  })
}

test('folders are made in a home, not the home itself', () => {
  using tree = new Homes()
  tree.keysIn('home/.local/state').make()
  assert.is(mode(tree.at('home/.local')), '700')
  assert.equal(fs.readdirSync(tree.at('state')), [])
  const away = tree.keysIn('away/.local/state')
  assert.equal(away.make(), away.find())
  assert.equal(fs.readdirSync(tree.at('state')), ['key'])
  assert.is(tree.exists('away'), false)
})

test('a key beside the log is no key of its copy: it may have come with a crafted log', () => {
  using tree = new Homes()
  const keys = new UserKeys(new Disk(tree.root), [], 'state')
  const key = keys.make()
  fs.cpSync(tree.at('state'), tree.at('copy'), { recursive: true, preserveTimestamps: true })
  const copied = new UserKeys(new Disk(tree.root), [], 'copy').find()
  assert.equal(fs.readFileSync(tree.at('copy/key')), fs.readFileSync(tree.at(BESIDE)))
  assert.is.not(copied?.toString('hex'), key.toString('hex'))
  assert.is.not(fs.readFileSync(tree.at(BESIDE)).toString('hex'), key.toString('hex'))
})

for (const [name, place] of Object.entries({
  'a folder': (path: string) => fs.mkdirSync(`${path}/x`, { recursive: true }),
  'a link to a file': (path: string) => fs.symlinkSync('../precious', path),
})) {
  test(`${name} in the place of a key beside the log is replaced`, () => {
    using tree = new Homes()
    tree.write('precious', 'x'.repeat(32))
    place(tree.at(BESIDE))
    const keys = new UserKeys(new Disk(tree.root), [], 'state')
    assert.is(keys.find(), undefined)
    const key = keys.make()
    assert.equal(keys.find(), key)
    assert.ok(fs.lstatSync(tree.at(BESIDE)).isFile())
    assert.is(tree.read('precious'), 'x'.repeat(32))
  })
}

test('of many that make a key at once, all end with the same one', async () => {
  using tree = new Homes()
  // Often enough that now and then two do it at the same moment.
  const rounds = 300
  tree.write(
    'make.mts',
    `import * as fs from 'node:fs'
import { Disk } from '${repository}/tasks/engine/files/disk.ts'
import { UserKeys } from '${repository}/tasks/engine/log/logkey.ts'
const disk = new Disk(${JSON.stringify(tree.root)})
console.log('ready')
while (!fs.existsSync(disk.at('go')));
for (let round = 0; round < ${rounds}; round++) {
  const home = { folder: disk.at(\`home/\${round}\`), owner: process.geteuid?.() }
  console.log(new UserKeys(disk, [home], 'state').make().toString('hex'))
}`,
  )
  const loader = `file://${repository}/node_modules/tsx/dist/loader.mjs`
  const children = Array.from({ length: 4 }, () => {
    return new Running([process.execPath, '--import', loader, tree.at('make.mts')], { cwd: '/' })
  })
  await Promise.all(children.map((child) => child.line(/^ready$/)))
  tree.write('go', '')
  assert.equal(await Promise.all(children.map((child) => child.end())), [0, 0, 0, 0])
  for (let round = 0; round < rounds; round++) {
    const made = new Set(children.map(({ stdout }) => stdout[1 + round]))
    const folder = tree.at(`home/${round}/bpf-tasks`)
    assert.equal([...made], [fs.readFileSync(`${folder}/key`).toString('hex')])
    assert.equal(fs.readdirSync(folder), ['key'])
  }
})

test('the state home is XDG_STATE_HOME where that is absolute, else below the home', () => {
  const own = (environment: Record<string, string>) => stateHomes(environment).at(-1)?.folder
  assert.is(own({ XDG_STATE_HOME: '/s', HOME: '/h' }), '/s')
  assert.is(own({ XDG_STATE_HOME: 's', HOME: '/h' }), '/h/.local/state')
  assert.is(own({ XDG_STATE_HOME: '', HOME: '/h' }), '/h/.local/state')
  assert.is(own({}), `${userInfo().homedir}/.local/state`)
  assert.is(own({ HOME: '' }), `${userInfo().homedir}/.local/state`)
  assert.is(own({ HOME: 'h' }), undefined)
})

const byName = 'root by sudo goes on with the key of the user who asked, and makes none for them'
const user = fs
  .readFileSync('/etc/passwd', 'utf8')
  .split('\n')
  .map((line) => line.split(':'))
  .find(([, , uid = '0']) => Number(uid) > 0)
if (owner !== 0 || user === undefined) skip(test, byName, 'not root, or nobody else is known here')
else
  test(byName, () => {
    using tree = new Homes()
    const [, , uid = '', , , home = ''] = user
    const environment = { SUDO_UID: uid, XDG_STATE_HOME: tree.at('home') }
    const homes = stateHomes(environment)
    const kept = { folder: tree.at('home'), owner: Number(uid) }
    const passwd = { folder: `${home}/.local/state`, owner: Number(uid) }
    assert.equal(homes, [passwd, kept, { ...kept, owner: 0 }])
    assert.is(stateHomes({ ...environment, SUDO_UID: '0' }).length, 1)
    assert.is(stateHomes({ ...environment, SUDO_UID: '1x' }).length, 1)
    // As `sudo -E` does: the environment is that of the user.
    const keys = () => new UserKeys(new Disk(tree.root), homes.slice(1), 'state')
    fs.chownSync(tree.at('home'), Number(uid), 0)
    keys().make()
    assert.equal(fs.readdirSync(tree.at('home')), [])
    const key = new UserKeys(new Disk(tree.root), homes.slice(2), 'other')
    fs.chownSync(tree.at('home'), 0, 0)
    const bytes = key.make()
    for (const path of ['home', 'home/bpf-tasks', OWN]) fs.chownSync(tree.at(path), Number(uid), 0)
    assert.equal(keys().find(), bytes)
  })

test.run()
