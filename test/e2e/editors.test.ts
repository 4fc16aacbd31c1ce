// What editors, dev containers and GitHub are told about this repository holds for what is there.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inPath, skip } from '../support/needs.ts'
import { repository, Tree } from '../support/tree.ts'

interface Matcher {
  readonly pattern: { readonly regexp: string } & Readonly<Record<string, number>>
  readonly background?: { readonly beginsPattern: string; readonly endsPattern: string }
}

interface VsCode {
  readonly options: { readonly env: Readonly<Record<string, string>> }
  readonly tasks: readonly {
    readonly label: string
    readonly command: string
    readonly problemMatcher: Matcher
  }[]
}

const vscode = parsed('.vscode/tasks.json') as VsCode

/** JSON in which a line may be a comment, as these programs read it. */
function parsed(path: string): unknown {
  return JSON.parse(readFileSync(`${repository}/${path}`, 'utf8').replace(/^\s*\/\/.*$/gm, ''))
}

test('every command that they run is one of this tasks.ts', () => {
  const container = parsed('.devcontainer/devcontainer.json') as { postCreateCommand: string }
  const workflow = readFileSync(`${repository}/.github/workflows/ci.yml`, 'utf8')
  const texts = [container.postCreateCommand, workflow, ...vscode.tasks.map((task) => task.command)]
  const commands = texts.flatMap((text) => [...text.matchAll(/tasks\.ts ([^#\n]+)/g)])
  assert.is(commands.length, 10)
  for (const [, words = ''] of commands) {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'tasks.ts', '-n', ...words.trim().split(/\s+/)],
      { cwd: repository, encoding: 'utf8' },
    )
    assert.is(status, 0, `${words}: ${stderr}`)
  }
})

const name = 'the problem matchers of VS Code find what clang says, in a terminal'
if (!inPath('script') || !inPath('clang')) skip(test, name, 'no script(1) or no clang here')
else {
  test(name, () => {
    using tree = new Tree()
    tree.tasks(`
      const bpf = bpfRules({ out: 'build' })
      const compile = (name) => edge({ rule: 'BPF', outputs: ['build/' + name], inputs: ['src/' + name + '.c'],
        command: ['clang', '-target', 'bpf', '-Wall', cosmetic([], () => ['-fcolor-diagnostics']), '-c', 'src/' + name + '.c', '-o', 'build/' + name] })
      await main({ build: task('Build', [compile('a'), compile('b'), compile('c')]) })`)
    tree.write('src/a.c', 'int f(void)\n{\n\treturn missing;\n}\n')
    tree.write('src/c.c', 'int f(void)\n{\n\tint unused;\n\treturn 0;\n}\n')
    tree.write('src/b.c', '#include "nowhere.h"\n')
    const words = `${process.execPath} --import tsx tasks.ts build -k`
    const { stdout } = spawnSync('script', ['-qec', words, '/dev/null'], {
      cwd: tree.root,
      env: { ...process.env, ...vscode.options.env },
      encoding: 'utf8',
    })
    // VS Code takes the escapes out, and matches line by line.
    assert.not.match(stdout, '\u001b[2K')
    const lines = stripVTControlCharacters(stdout).split(/\r?\n/)
    for (const { label, problemMatcher } of vscode.tasks) {
      const {
        regexp,
        file = 0,
        line = 0,
        column = 0,
        severity = 0,
        message = 0,
      } = problemMatcher.pattern
      const found = lines.flatMap((text) => {
        const match = new RegExp(regexp).exec(text)
        return match === null
          ? []
          : [[file, line, column, severity, message].map((at) => match[at])]
      })
      const problems = new Set(found.map((problem) => problem.join('|')))
      assert.equal(
        [...problems].sort(),
        [
          "src/a.c|3|9|error|use of undeclared identifier 'missing'",
          "src/b.c|1|10|error|'nowhere.h' file not found",
          "src/c.c|3|6|warning|unused variable 'unused' [-Wunused-variable]",
        ],
        `${label}: ${stdout}`,
      )
    }
  })
}

test('the matcher of the watching task knows when a build begins and ends', async () => {
  const background = vscode.tasks.find(({ label }) => label === 'watch')?.problemMatcher.background
  if (background === undefined) return assert.unreachable()
  const [begins, ends] = [background.beginsPattern, background.endsPattern].map(
    (p) => new RegExp(p),
  )
  using tree = new Tree()
  tree.tasks(`
    const copy = edge({ rule: 'COPY', outputs: ['build/b'], inputs: ['a'], command: ['cp', 'a', 'build/b'] })
    await main({ build: task('Build', [copy]) })`)
  tree.write('a', 'one')
  const child = tree.start(['build', '-w'])
  const heard: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (begins?.test(line)) heard.push('begins')
    if (!ends?.test(line)) continue
    heard.push('ends')
    if (heard.length === 1) tree.write('a', 'other')
    else child.kill('SIGINT')
  }
  assert.equal(heard, ['ends', 'begins', 'ends'])
})

test.run()
