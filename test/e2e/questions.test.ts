// Questions are answered without a build: who reads what, why, how it is compiled, what one may type.
import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { Ajv } from 'ajv'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

function project(): Tree {
  const tree = new Tree()
  tree.tasks(`
    const cc = edge({ rule: 'CC', outputs: ['build/a.o'], inputs: ['a.c'], depfile: 'build/a.d',
      command: ['cc', '-MD', '-MF', 'build/a.d', '-c', 'a.c', '-o', 'build/a.o'] })
    const copy = edge({ rule: 'COPY', outputs: ['build/copy'], inputs: [cc], command: ['cp', cc, 'build/copy'] })
    const CC = setting('CC', 'the compiler')
    await main({ build: task('Build it', [copy]), 'build:one': task('One', [cc]) }, { settings: [CC] })`)
  tree.write('a.c', '#include "a.h"\nint a = A;\n')
  tree.write('a.h', '#define A 1\n')
  return tree
}

test('query follows declared inputs and headers that the compiler found', () => {
  using tree = project()
  tree.run(['build'])
  assert.is(tree.run(['query', 'users', 'a.h']).stdout, 'build/a.o\nbuild/copy\n')
  const inputs = tree.run(['query', 'inputs', 'build/copy']).stdout.split('\n')
  for (const path of ['build/a.o', 'a.c', 'a.h']) assert.ok(inputs.includes(path), path)
  assert.is(tree.run(['query', 'path', 'a.h', 'build/copy']).stdout, 'build/copy\nbuild/a.o\na.h\n')
  const [event] = tree.events(['query', 'users', 'a.c'])
  assert.equal(event, {
    type: 'query',
    query: 'users',
    of: ['a.c'],
    files: ['build/a.o', 'build/copy'],
  })
  const wrong = tree.run(['query', 'user', 'a.c'])
  assert.is(wrong.status, 2)
  assert.match(wrong.stderr, 'did you mean query users?')
  assert.match(tree.run(['query', 'users', 'a.hh']).stderr, 'did you mean a.h?')
})

test('a question takes a file by any name that leads to it, above the root too', () => {
  using tree = new Tree()
  tree.tasks(`
    const cc = edge({ rule: 'CC', outputs: ['build/a.o'], inputs: ['a.c'], depfile: 'build/a.d',
      command: ['cc', '-I../inc', '-MD', '-MF', 'build/a.d', '-c', 'a.c', '-o', 'build/a.o'] })
    await main({ build: task('Build it', [cc]) })`)
  tree.write('t/a.c', '#include "x.h"\n')
  tree.write('inc/x.h', '')
  symlinkSync('inc', tree.at('link'))
  assert.is(tree.run(['-C', 't', 'build']).status, 0)
  for (const name of ['../inc/x.h', './../inc/x.h', '../link/x.h', tree.at('inc/x.h')]) {
    assert.is(tree.run(['-C', 't', 'query', 'users', name]).stdout, 'build/a.o\n', name)
    const chain = tree.run(['-C', 't', 'query', 'path', name, tree.at('t/build/a.o')])
    assert.match(chain.stdout, /^build\/a.o\n.*x\.h\n$/, name)
    assert.match(tree.run(['-C', 't', '--explain', name]).stdout, '1 output is made from it', name)
  }
  tree.write('inc/x.h', 'int x;\n')
  assert.match(tree.run(['-C', 't', '--explain', tree.at('inc/x.h')]).stdout, 'changed since')
})

test('--explain FILE says why it is or is not stale, down to the source', () => {
  using tree = project()
  tree.run(['build'])
  assert.match(tree.run(['--explain', 'build/copy']).stdout, 'build/copy is up to date')
  tree.write('a.h', '#define A 22\n')
  const { stdout } = tree.run(['--explain', 'build/copy'])
  assert.match(stdout, /build\/copy is stale\n {2}build\/a.o is itself stale\n {4}a.h changed/)
  assert.match(tree.run(['--explain', 'a.h']).stdout, /2 outputs are made from it: changed since/)
  assert.equal(tree.ran(['build']), ['build/a.o', 'build/copy'])
  assert.equal(tree.ran(['build']), [])
})

test('--explain names the files through which a header that changed was included', () => {
  using tree = project()
  tree.tasks(`
    const cc = edge({ rule: 'CC', outputs: ['build/a.o'], inputs: ['src/a.c'], depfile: 'build/a.d',
      searchPath: ['include'], command: ['cc', '-Iinclude', '-MD', '-MF', 'build/a.d', '-c', 'src/a.c', '-o', 'build/a.o'] })
    await main({ build: task('Build it', [cc]) })`)
  tree.write('src/a.c', '#include "beside.h"\n# include <lib/deep.h>\nint a = A;\n')
  tree.write('src/beside.h', '#include <stddef.h>\n')
  // A longer way, and a header of the same name that is not meant.
  tree.write('include/lib/deep.h', '#include "other.h"\n#include "a.h"\n')
  tree.write('include/lib/other.h', '#include "last.h"\n')
  tree.write('include/lib/last.h', '#include "a.h"\n')
  tree.write('include/lib/a.h', '#pragma once\n#define A 1\n')
  assert.is(tree.run(['build']).status, 0)
  tree.write('include/lib/a.h', '#pragma once\n#define A 22\n')
  const line = /include\/lib\/a\.h changed \(included by src\/a\.c → include\/lib\/deep\.h\): /
  assert.match(tree.run(['--explain', 'build/a.o']).stdout, line)
  assert.match(tree.run(['--explain', 'include/lib/a.h']).stdout, line)
  assert.match(tree.run(['build', '-n', '--explain']).stdout, line)
  const [stale] = tree
    .events(['build', '--explain'])
    .flatMap((event) => (event.type === 'stale' ? event.reasons : []))
  assert.equal((stale as { through?: string[] }).through, ['src/a.c', 'include/lib/deep.h'])
  // The one that is gone is named just so.
  tree.write('src/a.c', '#include "beside.h"\nint a;\n')
  tree.run(['build'])
  tree.remove('src/beside.h')
  assert.match(
    tree.run(['build', '-n', '--explain']).stdout,
    'src/beside.h is gone (included by src/a.c)',
  )
  // A header that only the command line names is read all the same.
  tree.write('tasks.ts', tree.read('tasks.ts').replace("'-MD'", "'-include', 'forced.h', '-MD'"))
  tree.write('forced.h', '')
  tree.write('src/beside.h', '')
  tree.run(['build'])
  tree.write('forced.h', '/**/')
  assert.match(
    tree.run(['build', '-n', '--explain']).stdout,
    'forced.h changed (read by the command)',
  )
})

test('a task that lacks something is no reason to answer nothing of the others', () => {
  using tree = project()
  const lacking = `'need-more': task('More', [derive([], () => { throw new UserError({ what: 'no sources' }) })])`
  tree.write('tasks.ts', tree.read('tasks.ts').replace('await main({', `await main({ ${lacking},`))
  tree.run(['build'])
  assert.is(tree.run(['query', 'users', 'a.h']).stdout, 'build/a.o\nbuild/copy\n')
  assert.match(tree.run(['--graph']).stdout, 'copy')
  assert.match(tree.run(['--explain', 'build/copy']).stdout, 'is up to date')
  assert.is(tree.run(['report']).status, 0)
  // Asked for, it says what it lacks; and so does a tree of nothing else.
  assert.match(tree.run(['--graph', 'need-more']).stderr, 'no sources')
  tree.tasks(`await main({ ${lacking} })`)
  assert.match(tree.run(['--graph']).stderr, 'no sources')
})

test('--graph marks what is stale, in each format', () => {
  using tree = project()
  assert.match(tree.run(['--graph']).stdout, /^digraph build[\s\S]*never built/)
  assert.match(tree.run(['--graph=mermaid']).stdout, /flowchart LR\n.*CC.*:::stale/)
  assert.match(tree.run(['--graph=svg']).stdout, /<svg[\s\S]*<\/svg>/)
  assert.match(tree.run(['--graph=sgv']).stderr, 'did you mean svg?')
  assert.not(tree.exists('build'))
})

test('a build keeps compile_commands.json current where there is one', () => {
  using tree = project()
  tree.run(['build'])
  assert.not(tree.exists('compile_commands.json'))
  tree.run(['--compdb'])
  const [entry, ...more] = JSON.parse(tree.read('compile_commands.json'))
  assert.equal([entry.file, entry.directory, more.length], ['a.c', tree.root, 0])
  tree.write('tasks.ts', tree.read('tasks.ts').replace("'-MD'", "'-DX', '-MD'"))
  tree.run(['build'])
  assert.ok(JSON.parse(tree.read('compile_commands.json'))[0].arguments.includes('-DX'))
  if (!inPath('clangd')) return
  const check = spawnSync('clangd', ['--check=a.c'], { cwd: tree.root, encoding: 'utf8' })
  assert.match(check.stderr, 'All checks completed, 0 errors')
})

test('--trace has a lane a slot, the critical path and what waited', () => {
  using tree = project()
  tree.run(['build', '-j1', '--trace', 'trace.json'])
  const { traceEvents } = JSON.parse(tree.read('trace.json'))
  const ran = traceEvents.filter(({ ph }: { ph: string }) => ph === 'X')
  assert.equal(
    ran.map(({ name }: { name: string }) => name),
    ['CC build/a.o', 'COPY build/copy'],
  )
  assert.ok(ran.every(({ args }: { args: { critical: boolean } }) => args.critical))
  assert.ok(ran[0].ts + ran[0].dur <= ran[1].ts)
})

test('help fits a terminal, and help TASK tells of one', () => {
  using tree = project()
  const lines = spawnSync('npx', ['tsx', 'tasks.ts', '--help'], {
    cwd: repository,
    encoding: 'utf8',
  })
    .stdout.trimEnd()
    .split('\n')
  assert.ok(lines.length <= 40, `${lines.length} lines`)
  for (const line of lines) assert.ok(line.length <= 80, line)
  assert.match(tree.run(['help', 'build']).stdout, /Build it\n\nBuilds\n {2}build\/copy/)
  assert.match(tree.run(['help', 'biuld']).stderr, 'did you mean help build?')
})

test('on GitHub diagnostics become annotations', () => {
  using tree = project()
  tree.write('a.c', 'int a = ;\n')
  const { stdout } = tree.run(['build'], { CI: 'true', GITHUB_ACTIONS: 'true' })
  assert.match(stdout, /^::error file=a\.c,line=1,col=9,title=CC build\/a\.o::expected expression/m)
  assert.not.match(tree.run(['build']).stdout, '::error')
  tree.remove('a.c')
  const missing = tree.run(['build'], { CI: 'true', GITHUB_ACTIONS: 'true' })
  assert.match(missing.stdout, /^::error::a\.c is missing, and no edge makes it$/m)
})

test('on a terminal one line shows the progress, and only the last one stays', () => {
  using tree = project()
  const run = `${process.execPath} --import ${repository}/node_modules/tsx/dist/loader.mjs tasks.ts build`
  const { stdout } = spawnSync('script', ['-qec', run, '/dev/null'], {
    cwd: tree.root,
    encoding: 'utf8',
  })
  assert.match(stdout, '\r\u001b[2K[0/2] CC a.o')
  const left = stdout
    .split('\n')
    .map((line) => line.split('\u001b[2K').at(-1)?.trim())
    .filter(Boolean)
  assert.equal(left.length, 1, stdout)
  assert.match(left[0] ?? '', /^2 ran, 0 up to date, 0 failed/)
})

/** How each shell is asked what completes a line. */
const SHELLS = {
  bash: `source <(node_modules/.bin/tsx tasks.ts --completion bash)
    COMP_LINE='TYPED'; COMP_POINT=\${#COMP_LINE}; _bpf_tasks; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: `node_modules/.bin/tsx tasks.ts --completion fish | source; complete -C 'TYPED'`,
  zsh: `source <(node_modules/.bin/tsx tasks.ts --completion zsh); _files() {}
    _describe() { print -l $found }; words=(\${(s: :)\${:-TYPED}}); [[ 'TYPED' == *' ' ]] && words+=('')
    CURRENT=$#words; _bpf_tasks`,
} as const

for (const [shell, script] of Object.entries(SHELLS)) {
  const name = `${shell} completes tasks, and runs nothing but the tasks file of this folder`
  if (!inPath(shell)) {
    skip(test, name, `no ${shell} here`)
    continue
  }
  test(name, () => {
    using tree = project()
    tree.write('ran.cjs', "require('node:fs').writeFileSync('RAN', '')")
    tree.write('sub/tasks.ts', "import '../ran.cjs'")
    const complete = (line: string): string =>
      spawnSync(shell, ['-c', script.replaceAll('TYPED', line)], {
        cwd: tree.root,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${process.env['PATH']}:${repository}/node_modules/.bin` },
      }).stdout
    const ours = ['npx tsx tasks.ts', 'tsx ./tasks.ts', 'node --import tsx --no-warnings tasks.ts']
    for (const typed of ours) {
      const found = complete(`${typed} build:`)
      assert.match(found, shell === 'bash' ? /^one$/m : /build\\?:one.*One/, typed)
    }
    const others = [
      ...['node ran.cjs subtasks.ts', 'node ran.cjs tasks.ts', 'node -r ./ran.cjs tasks.ts'],
      ...['tsx sub/tasks.ts', 'npx tsx sub/tasks.ts', 'tsx ran.cjs', 'node -pe tasks.ts'],
    ]
    for (const typed of others) assert.not.match(complete(`${typed} build:`), 'one', typed)
    assert.not(tree.exists('RAN'))
  })
}

if (inPath('bash')) {
  test('what completed a command before still completes its other lines', () => {
    using tree = project()
    const before = `_other() { COMPREPLY=(other "$1"); }; complete -F _other node\n`
    const script =
      before + SHELLS.bash.replace('TYPED', 'node x ').replace('_bpf_tasks;', '_bpf_tasks node;')
    const { stdout } = spawnSync('bash', ['-c', script], { cwd: tree.root, encoding: 'utf8' })
    assert.is(stdout, 'other\nnode\n')
  })
}

test('every event of a build and of a failed one fits the schema', () => {
  using tree = project()
  const schema = JSON.parse(readFileSync(`${repository}/doc/events.schema.json`, 'utf8'))
  const fits = new Ajv({ allowUnionTypes: true }).compile(schema)
  const events = [
    ...tree.events(['build']),
    ...tree.events(['--list']),
    ...tree.events(['-n', 'build']),
  ]
  tree.write('a.c', 'int a = ;\n')
  events.push(
    ...tree.events(['build']),
    ...tree.events(['nothing']),
    ...tree.events(['query', 'users', 'a.c']),
  )
  tree.tasks(`const cc = edge({ rule: 'CC', outputs: ['build/x'], directory: 'sub',
      environment: { MODE: 'x' }, command: ['touch', '../build/x'] })
    await main({ build: task('Build it', [cc]) })`)
  tree.write('sub/a', '')
  events.push(...tree.events(['build']))
  assert.ok(events.some((event) => event.type === 'start' && event.directory === 'sub'))
  for (const event of events)
    assert.ok(fits(event), `${JSON.stringify(event)}: ${JSON.stringify(fits.errors)}`)
  assert.not.ok(fits({ type: 'start', rule: 1 }))
})

test.run()
