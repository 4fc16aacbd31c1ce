// The workflow of this repository and those that the pages show, by reading them: they are YAML, each step does
// something, and each command of ours is one that the command line takes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { bpfRules, treeTasks } from '../tasks/bpf/index.ts'
import { parseArguments } from '../tasks/engine/command/options.ts'
import { splitWords, type Tasks, task } from '../tasks/engine/index.ts'
import { blocksOf } from './support/markdownblocks.ts'
import { repository } from './support/tree.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
}

interface Job {
  readonly steps: readonly Step[]
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> }
}

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

/** What one line of a shell asks our command for: the words after the script. */
function askedFor(line: string): string[][] {
  return [...line.matchAll(/npx (?:tsx tasks\.m?ts|bpf-tasks)((?: (?!#|&&)\S+)*)/g)].map(
    ([, words = '']) => splitWords(words, 'the page'),
  )
}

/** Throws where the command line would. @param own tasks that the tree has besides those of any tree */
function mustBeTaken(lines: readonly string[], own: Tasks = {}): number {
  const bpf = bpfRules()
  const test = ['node', '--test'] as const
  const tasks = { ...treeTasks(bpf, bpf.tools('*.bpf.c'), { test }), ...own }
  const settings = bpf.settings.map(({ name }) => name)
  const known = [...settings, 'ACTION_CACHE', 'ACTION_CACHE_DIR', 'PASS_ENV']
  const asked = lines.flatMap(askedFor)
  for (const words of asked) {
    const { goals } = parseArguments(words, tasks, known)
    for (const goal of goals) assert.is(goal.kind, 'task', words.join(' '))
  }
  return asked.length
}

const workflow = parse(read('.github/workflows/ci.yml')) as { readonly jobs: Record<string, Job> }

test('each step of the workflow uses an action or runs commands that there are', () => {
  const lines = Object.values(workflow.jobs).flatMap(({ steps }) =>
    steps.map(({ uses, run }) => {
      assert.ok((uses === undefined) !== (run === undefined))
      assert.match(uses ?? 'a/b@v1', /^[\w-]+\/[\w-]+@v\d+$/)
      return run ?? ''
    }),
  )
  const own = { lint: task('Lint', []), test: task('Test', [], () => {}, { arguments: 'ARGS' }) }
  assert.ok(mustBeTaken(lines, own) >= 7)
})

test('the workflow is a matrix of all that README promises', () => {
  const { node, container } = workflow.jobs
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  const versions = node?.strategy?.matrix['node'] ?? []
  assert.equal(versions, ['20.19', '22', '24'])
  assert.is(engines.node, `>=${versions[0]}`)
  const images = (container?.strategy?.matrix['include'] ?? []) as { readonly image: string }[]
  assert.equal(
    images.map(({ image }) => image),
    ['debian:bookworm', 'debian:trixie', 'fedora:latest', 'archlinux:latest', 'alpine:latest'],
  )
})

test('what doc/ci.md and doc/cache.md show is YAML, and its commands are there', () => {
  let commands = 0
  for (const page of ['doc/ci.md', 'doc/cache.md']) {
    for (const { text, line } of blocksOf(read(page), 'yaml')) {
      assert.ok(parse(text) !== null, `${page}:${line}`)
      commands += mustBeTaken(text.split('\n'))
    }
  }
  assert.ok(commands >= 9, `${commands} commands`)
})

test('the commands of README are there', () => {
  const lines = blocksOf(read('README.md'), 'sh').flatMap(({ text }) => text.split('\n'))
  const own = { bench: task('Bench', []), check: task('Check', []) }
  assert.ok(
    mustBeTaken(
      lines.filter((line) => !/ init /.test(line)),
      own,
    ) >= 10,
  )
})

test.run()
