// The npm package: what is in it, and that it works where nothing else of this repository is.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { refused } from '../support/buildverdicts.ts'
import { covering, inOwnMounts } from '../support/mounts.ts'
import { inPath, skip, testWith } from '../support/needs.ts'
import { Folder, folder, install, tarball, userEnvironment } from '../support/packedpackage.ts'
import { withTracefs } from '../support/tracefs.ts'
import { type Ran, repository } from '../support/tree.ts'
import { Running } from '../support/watchedprocess.ts'

const home = folder('home')
const lack = install(home)
const command = home.at('node_modules/.bin/bpf-tasks')
const tsx = home.at('node_modules/.bin/tsx')

/** Skipped, aloud, where the package could not be installed. */
function installed(name: string, body: () => Promise<void> | void): void {
  if (lack === undefined) testWith(test, [], name, body)
  else skip(test, name, lack)
}

/** The same, for what compiles BPF. */
function building(name: string, body: () => Promise<void> | void): void {
  if (lack === undefined) testWith(test, ['clang', 'btf'], name, body)
  else skip(test, name, lack)
}

/** A folder below the one in which the package is installed. */
function below(name: string): Folder {
  return new Folder(home.at(name))
}

/** Paths of the files in the package. */
function packedFiles(): string[] {
  const { stdout } = home.exec('tar', 'tzf', tarball())
  return stdout
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => path.replace(/^package\//, ''))
    .sort()
}

const COPY = `
import { edge, main, task } from 'bpf-tasks'
const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
await main({ build: task('Copy', [copy]), where: task('Say', [], ({ root, say }) => say(root)) })
`

test('the package holds what is compiled, what that reads, and nothing else', () => {
  const files = packedFiles()
  for (const path of ['LICENSE', 'README.md', 'package.json']) assert.ok(files.includes(path), path)
  const sources = globbySync('tasks/**', {
    cwd: repository,
    ignore: ['tasks/{command/*,demos/**}'],
  })
  const beside = sources.filter((path) => !path.endsWith('.ts'))
  // What the scripts of its package.json run.
  const programs = ['tasks/chosenrooms.ts', 'tasks/command/package.ts']
  assert.equal(
    files.filter((path) => path.startsWith('tasks/')),
    [...beside, ...programs].sort(),
  )
  const shown = ['doc', 'examples'].map((folder) =>
    spawnSync('git', ['ls-files', folder], { cwd: repository, encoding: 'utf8' }).stdout.trim(),
  )
  const pages = shown
    .join('\n')
    .split('\n')
    .filter((path) => !path.endsWith('.gitignore'))
  assert.equal(
    files.filter((path) => /^(?:doc|examples)\//.test(path)),
    pages.sort(),
  )
  const scripts = files.filter((path) => /^dist\/(?!types\/).*\.js$/.test(path))
  const doors = [
    'bpf',
    'command',
    'early',
    'engine',
    'gowriter',
    'init',
    'tracereader',
    'vmprogram',
  ]
  const chunk = /^dist\/chunks\/(?:[a-z]+-\w{8}|demand)\.js$/
  assert.equal(
    scripts.filter((path) => !chunk.test(path)),
    doors.map((name) => `dist/${name}.js`),
  )
  assert.equal(
    files.filter((path) => path.startsWith('dist/') && !path.startsWith('dist/types/')),
    scripts.flatMap((path) => [path, `${path}.map`]),
  )
  const types = files.filter((path) => path.startsWith('dist/types/'))
  for (const path of types) {
    const source = path.replace('dist/types/', 'tasks/').replace(/\.d\.ts$/, '.ts')
    assert.ok(sources.includes(source), `${path} has no source`)
  }
  assert.equal(
    files.filter((path) => !/^(?:dist|doc|examples|tasks)\//.test(path)),
    ['.clang-format', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'],
  )
})

building('an example of the package builds where somebody copies it to', () => {
  const copied = below('copied')
  const packed = join(home.root, 'node_modules/bpf-tasks/examples/many-tools')
  fs.cpSync(packed, copied.root, { recursive: true })
  copied.write('package.json', '{ "type": "module" }')
  const { status, stdout, stderr } = copied.exec(command, 'build')
  assert.is(status, 0, stderr)
  assert.match(stdout, /^LINK/m)
  assert.match(copied.exec(command, 'build').stdout, /^nothing to do/)
})

installed('every script of the package names files that are in it, and ends well there', () => {
  const files = packedFiles()
  const at = join(home.root, 'node_modules/bpf-tasks')
  const { scripts } = JSON.parse(fs.readFileSync(join(at, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  assert.ok(Object.keys(scripts).length > 0)
  for (const [name, script] of Object.entries(scripts)) {
    for (const [path] of script.matchAll(/\S+\.ts\b/g))
      assert.ok(files.includes(path), `${name}: ${path}`)
    const { status, stderr } = home.exec('npm', '--prefix', at, 'run', name)
    assert.is(status, 0, `${name}: ${stderr}`)
  }
  // As it was: nothing was made anew.
  assert.not(fs.existsSync(join(at, 'dist/stamps')))
})

test('every file that the package names beside its own is in it', () => {
  const files = packedFiles()
  let imported = 0
  let named = 0
  const { stdout: unpacked } = home.exec('mktemp', '-d', `${home.root}/unpacked-XXXXXX`)
  const at = unpacked.trim()
  home.exec('tar', 'xzf', tarball(), '-C', at)
  for (const path of files.filter((file) => /\.(js|d\.ts)$/.test(file))) {
    const text = fs.readFileSync(join(at, 'package', path), 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g)) {
      const target = path.endsWith('.js') ? name : name.replace(/\.ts$/, '.d.ts')
      assert.ok(files.includes(posix.join(dirname(path), target)), `${path} imports ${name}`)
      imported++
    }
    if (!path.endsWith('.js')) continue
    // The name of a file, or the folder of files that are named when it runs.
    for (const [, name = '', more] of text.matchAll(/\bpackageFile\(["`]([^"`$]+)(\$)?/g)) {
      // Where there are no sources, there is what was bundled from it, and nothing has to read TypeScript.
      if (/^(?:tasks\/bpf\/(live\/tracereader|bindings\/)|node_modules\/tsx\/)/.test(name)) continue
      const isThere = files.some((file) =>
        more === undefined ? file === name : file.startsWith(name),
      )
      assert.ok(isThere, `${path} names ${name}`)
      named++
    }
    for (const [, name = ''] of text.matchAll(/"(tree\/[^"]+)"/g)) {
      assert.ok(files.includes(`tasks/command/${name}`), `${path} reads ${name}`)
      named++
    }
  }
  assert.ok(imported > 150 && named >= 8, `${imported} files are imported, ${named} named`)
})

installed('plain JavaScript builds with it, run by node and by the command', () => {
  const tree = below('plain')
  tree.write('tasks.mjs', COPY)
  tree.write('a', 'one')
  const first = tree.exec('node', 'tasks.mjs', 'build')
  assert.is(first.status, 0, first.stderr)
  assert.is(tree.read('build/b'), 'one')
  tree.write('a', 'three')
  const second = tree.exec('npx', 'bpf-tasks', 'build')
  assert.is(second.status, 0, second.stderr)
  assert.is(tree.read('build/b'), 'three')
  for (const runner of [['node', 'tasks.mjs'], [command]])
    nothingToDo(tree.exec(...runner, 'build'))
})

building('plain JavaScript builds a BPF program and its loader', () => {
  const tree = below('plain-bpf')
  tree.write(
    'tasks.mjs',
    `import { main, task } from 'bpf-tasks'
import { bpfRules, newTask } from 'bpf-tasks/bpf'
const bpf = bpfRules()
const loader = bpf.loader('hello.c', { skeletons: [bpf.skeleton(bpf.object('hello.bpf.c'))] })
await main({ build: task('Build it', [loader]), new: newTask }, bpf.mainOptions)
`,
  )
  assert.is(tree.exec(command, 'new', 'hello').status, 0)
  const built = tree.exec('node', 'tasks.mjs', 'build')
  assert.is(built.status, 0, built.stderr)
  assert.match(tree.exec('build/hello', '--help').stdout, 'Prints a line for every event')
  nothingToDo(tree.exec(command, 'build'))
})

installed('the command finds the tasks from below, and where -C says', () => {
  const tree = below('found')
  tree.write('tasks.mjs', COPY)
  tree.write('a', 'one')
  const inside = new Folder(tree.at('deep/down'))
  const away = below('away')
  const said = `${tree.root}\n`
  assert.is(inside.exec(command, 'where').stdout, said)
  for (const words of [
    ['-C', tree.root, 'where'],
    [`-C${tree.root}`, 'where'],
    [`--directory=${tree.root}`, 'where'],
    ['where', '--directory', '../found'],
    ['-j', '2', '-C', '../found/deep', 'where'],
  ]) {
    assert.is(away.exec(command, ...words).stdout, said, words.join(' '))
  }
})

installed('without tasks the command says how to begin, and tells of itself', () => {
  const tree = folder('nothing')
  const from = (...words: readonly string[]): Ran => tree.exec(command, ...words)
  refused(from('build'), 2, 'there is no tasks.ts here or above', 'npx bpf-tasks init', tree.root)
  refused(from('-C', 'nope', 'build'), 2, 'there is no tasks.ts', 'nope')
  const { version } = JSON.parse(fs.readFileSync(join(repository, 'package.json'), 'utf8'))
  assert.is(from('--version').stdout, `bpf-tasks ${version}\n`)
  assert.match(from('--help').stdout, /^usage: /)
  assert.match(from().stdout, /^ +init +Begin a tree of tools$/m)
  assert.equal(tree.list(), [])
})

installed('--watch of the compiled package builds after a change', async () => {
  const tree = below('watched')
  tree.write('tasks.mjs', COPY)
  tree.write('a', 'one')
  await using watch = new Running([command, '-w', 'build'], {
    cwd: tree.root,
    env: userEnvironment() as Record<string, string>,
  })
  await watch.line(/^waiting for a change/)
  assert.is(tree.read('build/b'), 'one')
  const again = watch.nextLine(/^1 ran/)
  tree.write('a', 'three')
  await again
  watch.kill('SIGINT')
  assert.is(await watch.end(), 130)
  assert.is(tree.read('build/b'), 'three')
})

/** Writes into the kernel's trace until it is ended: another reader may take lines away. */
const MARKS = 'while :; do echo marked-$PPID > /sys/kernel/tracing/trace_marker; sleep 0.1; done'

if (lack === undefined) {
  testWith(test, ['root', 'bpf'], 'the compiled package shows the trace of a loader', async () => {
    const tree = below('traced')
    tree.write(
      'tasks.mjs',
      `import { main, task } from 'bpf-tasks'
import { runLoader } from 'bpf-tasks/bpf'
const loader = ['sh', '-c', ${JSON.stringify(MARKS)}]
await main({ trace: task('Run it', [], (context) => runLoader(context, loader, { tracePipe: true })) })
`,
    )
    await using running = new Running(inOwnMounts(withTracefs, [command, 'trace']), {
      cwd: tree.root,
    })
    await running.line(new RegExp(`tracing_mark_write: marked-${running.pid}$`))
    running.kill('SIGINT')
    assert.is(await running.end(), 130)
  })
}

/** What root has to be asked by, and what makes this process somebody else. */
const asSomebody = ['sudo', 'setpriv'].filter((program) => !inPath(program))

for (const [title, words] of [
  ['the installed command', () => [command]],
  ['tsx', () => [tsx, 'tasks.mts']],
] as const) {
  const name = `not being root, ${title} shows the trace of a loader through sudo`
  if (lack !== undefined || asSomebody.length > 0) {
    skip(test, name, lack ?? `no ${asSomebody.join(' and no ')} here`)
    continue
  }
  testWith(test, ['root', 'bpf', 'tracefs'], name, async () => {
    const tree = below(`sudo-${title.split(' ').at(-1)}`)
    const mark = `marked-${title.at(-1)}-${process.pid}`
    const marks = `while :; do echo ${mark} > /sys/kernel/tracing/trace_marker; sleep 0.1; done`
    tree.write(
      words().length === 1 ? 'tasks.mjs' : 'tasks.mts',
      `import { main, task } from 'bpf-tasks'
import { runLoader } from 'bpf-tasks/bpf'
const loader = ['sh', '-c', ${JSON.stringify(marks)}]
await main({ trace: task('Run it', [], (context) => runLoader(context, loader, { tracePipe: true })) })
`,
    )
    // For the time of this test nobody may do everything, in mounts that only its processes have.
    tree.write('sudoers', 'root ALL=(ALL:ALL) ALL\nnobody ALL=(ALL:ALL) NOPASSWD: ALL\n')
    fs.chmodSync(tree.at('sudoers'), 0o440)
    fs.chmodSync(dirname(home.root), 0o755)
    fs.chownSync(tree.root, 65_534, 65_534)
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const trusting = covering(tree.at('sudoers'), '/etc/sudoers')
    await using running = new Running(
      inOwnMounts(trusting, [...nobody, 'env', `HOME=${tree.root}`, ...words(), 'trace']),
      { cwd: tree.root },
    )
    await running.line(/^sudo .*\/bpf-tasks\/dist\/.*tracereader\.js /)
    await running.line(new RegExp(`tracing_mark_write: ${mark}$`))
    running.kill('SIGINT')
    assert.is(await running.end(), 130, running.stderr.join('\n'))
    assert.equal(
      running.stderr.filter((line) => !/^sudo: unable to resolve host/.test(line)),
      [],
    )
  })
}

function nothingToDo({ status, stdout, stderr }: Ran): void {
  assert.is(status, 0, stderr)
  assert.match(stdout, /^nothing to do/m)
}

test.run()
