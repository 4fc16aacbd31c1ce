// Which tasks a tree has, and what each of one tool builds: that tool, whatever is beside it.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  bpfRules,
  check as namedCheck,
  type ToolsOptions,
  type TreeTasksOptions,
  treeTasks,
} from '../../../tasks/bpf/index.ts'
import type { Task, TaskFamily, Tasks } from '../../../tasks/engine/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

const check = { ready: 'ready', cases: [{ name: 'one', trigger: ['true'], judge: () => [] }] }

class TreeOfTools extends FakeMachine {
  readonly tasks: Tasks

  constructor(
    files: Readonly<Record<string, string>>,
    options: TreeTasksOptions = {},
    tools: ToolsOptions = {},
  ) {
    super()
    for (const [path, text] of Object.entries(files)) this.disk.put(path, text)
    const bpf = bpfRules({ out: 'out' })
    this.tasks = treeTasks(bpf, bpf.tools('*.bpf.c', tools), options)
  }

  names(family: string): readonly string[] {
    return this.ask(this.#family(family).names)
  }

  /** The member of a family. */
  task(family: string, name: string): Task {
    return this.#family(family).member(name)
  }

  built(family: string, name: string): readonly string[] {
    return this.paths(this.task(family, name).targets)
  }

  #family(name: string): TaskFamily {
    const family = this.tasks[name]
    if (family?.kind !== 'family') throw new Error(`no family ${name}`)
    return family
  }
}

const two = {
  'a.bpf.c': '',
  'a.c': '#include "a.skel.h"',
  'a.test.mjs': '',
  'b.bpf.c': '',
  'b.c': '#include <sys/sdt.h>\n#include "b.skel.h"',
  'only.bpf.c': '',
}

test('a tree has every task that people expect of it', () => {
  const { tasks } = new TreeOfTools(two, { test: ['node', '--test'], checks: { a: check } })
  assert.equal(
    Object.keys(tasks).filter((name) => !/^(libbpf|bpftool)/.test(name)),
    [
      ...['build', 'build:NAME', 'run:NAME', 'dev:NAME', 'test', 'test:NAME'],
      ...['verify', 'verify:NAME', 'check', 'check:NAME', 'vm', 'vm:KERNEL'],
      'vm:shell',
      ...[
        'install',
        'uninstall',
        'clean',
        'clean:NAME',
        'new',
        'setup',
        'doctor',
        'cache',
        'cache:clear',
      ],
    ],
  )
  assert.ok('libbpf' in tasks && 'bpftool:install' in tasks)
  const plain = Object.keys(new TreeOfTools(two).tasks)
  assert.not.ok(plain.some((name) => /^(test|check)/.test(name)))
})

test('each family has the tools that it can do something with', () => {
  const tree = new TreeOfTools(
    two,
    { test: ['node', '--test'], checks: { b: check, a: check } },
    { each: { a: { aliases: ['also'] } } },
  )
  assert.equal(tree.names('build:NAME'), ['a', 'b', 'only'])
  assert.equal(tree.names('run:NAME'), ['a', 'also', 'b'])
  assert.equal(tree.names('dev:NAME'), ['a', 'also', 'b'])
  assert.equal(tree.names('verify:NAME'), ['a', 'b', 'only'])
  assert.equal(tree.names('test:NAME'), ['a'])
  assert.equal(tree.names('check:NAME'), ['a', 'b'])
})

test('a task of one tool builds that one', () => {
  const options = { test: ['node', '--test'] as const, checks: { a: check } }
  const tree = new TreeOfTools(two, options, { each: { a: { aliases: ['also'] } } })
  const own = ['out/a.bpf.o', 'out/a', 'out/also']
  assert.equal(tree.built('build:NAME', 'a'), own)
  assert.equal(tree.built('test:NAME', 'a'), own)
  assert.equal(tree.built('run:NAME', 'a'), ['out/a'])
  assert.equal(tree.built('run:NAME', 'also'), ['out/a', 'out/also'])
  assert.equal(tree.built('verify:NAME', 'only'), ['out/proof/verify', 'out/only.bpf.o'])
  assert.equal(tree.built('check:NAME', 'a'), ['out/a.bpf.o', 'out/a', 'out/proof/runcase'])
  assert.is(tree.task('dev:NAME', 'a').watch, true)
  assert.is(tree.task('run:NAME', 'a').watch, false)
})

test('a tool that lacks a header of the system is left out, with a note', () => {
  const tree = new TreeOfTools(two)
  tree.says['feature sys/sdt.h'] = ['no such file']
  const { build } = tree.tasks
  assert.ok(build?.kind === 'task' && build.notes !== undefined)
  assert.equal(tree.ask(build.notes), ['b is left out: sys/sdt.h: no such file'])
  assert.not.ok(tree.paths(build.targets).includes('out/b'))
  assert.ok(tree.names('build:NAME').includes('b'))
  const { what, facts } = refusal(() => tree.built('build:NAME', 'b'))
  assert.is(what, 'b is left out here')
  assert.equal(facts, [['because', 'sys/sdt.h: no such file']])
  assert.ok(tree.paths(build.targets).includes('out/a'))
  const named = new TreeOfTools(two, {}, { each: { b: { aliases: ['c', 'd'] } } })
  named.says['feature sys/sdt.h'] = ['no such file']
  const { build: other } = named.tasks
  assert.ok(other?.kind === 'task' && other.notes !== undefined)
  const [note] = named.ask(other.notes)
  assert.is(note, 'b is left out, and with it c, d: sys/sdt.h: no such file')
})

test('a header that the source looks for itself leaves no tool out', () => {
  const asks = '#if __has_include(<sys/sdt.h>)\n#include <sys/sdt.h>\n#endif\n#include "b.skel.h"'
  const tree = new TreeOfTools({ ...two, 'b.c': asks })
  tree.says['feature sys/sdt.h'] = ['no such file']
  assert.equal(tree.built('build:NAME', 'b'), ['out/b.bpf.o', 'out/b'])
})

test('a check of a tool that is not there is refused, with the nearest name', () => {
  const tree = new TreeOfTools(
    { ...two, 'hello.bpf.c': '', 'hello.c': '' },
    { checks: { helo: check } },
  )
  const { what, hint } = refusal(() => tree.built('check:NAME', 'helo'))
  assert.is(what, 'there is no tool helo')
  assert.is(hint, 'did you mean hello?')
})

test('a tool whose trace is to be shown must be there', () => {
  const tree = new TreeOfTools(two, { trace: ['a', 'onl'] })
  const { what, hint } = refusal(() => tree.built('run:NAME', 'a'))
  assert.is(what, 'there is no tool onl')
  assert.is(hint, 'did you mean only?')
})

test('what the types would refuse is refused', () => {
  const refused = (options: unknown) =>
    refusal(() => new TreeOfTools(two, options as TreeTasksOptions)).what
  assert.is(refused({ check: {} }), 'treeTasks has no option check')
  assert.is(refused({ checks: { a: { ready: 'x' } } }), 'check of a: cases is missing')
  assert.is(refused({ checks: [namedCheck('a'), namedCheck('a')] }), 'the tool a has two checks')
  assert.match(refused({ verify: { a: { expect: { '5.10': 'refused' } } } }), 'is not an outcome')
  assert.is(refused({ checks: { a: { ...check, judge: 1 } } }), 'check of a has no option judge')
  assert.match(refused({ trace: 'a' }), 'treeTasks: trace is not a list')
})

test.run()
