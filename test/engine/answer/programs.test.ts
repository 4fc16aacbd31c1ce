// What words start behind launchers, and what makes it another program.
import * as fs from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Programs } from '../../../tasks/engine/answer/programs.ts'
import { Disk } from '../../../tasks/engine/files/disk.ts'
import { Tree } from '../../support/tree.ts'

/** A tree of programs, which are no scripts. */
class Machine extends Tree {
  add(path: string, text = path): void {
    this.write(path, text)
    fs.chmodSync(this.at(path), 0o755)
  }

  link(path: string, to: string): void {
    fs.symlinkSync(to, this.at(path))
  }

  programs(path: readonly string[], variables: Readonly<Record<string, string>> = {}): Programs {
    const folders = path.map((folder) => this.at(folder))
    return new Programs(new Disk(this.root), folders, (name) => variables[name])
  }

  /** Relative paths of what words start. */
  follow(line: string, isAny = false): string[] {
    const { programs } = this.programs(['bin']).follow(line.split(' '), isAny)
    return programs.map((program) => program.replace(`${this.root}/`, ''))
  }
}

test('launchers are followed, past variables and options of env', () => {
  using machine = new Machine()
  for (const name of ['env', 'ccache', 'gcc', 'wrap']) machine.add(`bin/${name}`)
  machine.add('other/gcc')
  assert.equal(machine.follow('env A=b gcc -O2 gcc'), ['bin/env', 'bin/gcc'])
  assert.equal(machine.follow('env -i -u X -uY A=b gcc'), ['bin/env', 'bin/gcc'])
  assert.equal(machine.follow('ccache debug=true gcc'), ['bin/ccache', 'bin/gcc'])
  assert.equal(machine.follow('env A=b ccache gcc'), ['bin/env', 'bin/ccache', 'bin/gcc'])
  assert.equal(machine.follow(`env PATH=${machine.at('other')} gcc`), ['bin/env', 'other/gcc'])
  assert.equal(machine.follow('ccache -s gcc'), ['bin/ccache'])
  // The words of a command are not programs because they are called like one; those of a setting are.
  assert.equal(machine.follow('wrap gcc'), ['bin/wrap'])
  assert.equal(machine.follow('wrap gcc', true), ['bin/wrap', 'bin/gcc'])
  assert.equal(machine.follow('./bin/gcc'), ['bin/gcc'])
  assert.equal(machine.follow('none'), [])
})

test('a link to a program of another name may start the next one of its own name', () => {
  using machine = new Machine()
  machine.add('bin/launch')
  machine.add('real/gcc')
  machine.link('bin/gcc', 'launch')
  const identity = (): string =>
    machine.programs(['bin', 'none', 'real']).identity([machine.at('bin/gcc')])
  const before = identity()
  assert.match(before, machine.at('bin/launch'))
  assert.match(before, machine.at('real/gcc'))
  machine.add('real/gcc', 'another')
  assert.is.not(identity(), before)
  // A program under its own name starts no other, unless it is a script.
  machine.remove('bin/gcc')
  machine.add('bin/gcc')
  assert.not.match(identity(), machine.at('real/gcc'))
  machine.add('bin/gcc', '#!/bin/sh')
  assert.match(identity(), machine.at('real/gcc'))
})

test('what ccache starts is where ccache looks for it', () => {
  using machine = new Machine()
  machine.add('bin/ccache')
  machine.add('hidden/gcc')
  machine.link('bin/gcc', 'ccache')
  const hidden = machine.at('hidden/gcc')
  const behind = (variables: Record<string, string>, name = 'gcc'): readonly string[] =>
    machine.programs(['bin'], variables).behind(machine.at(`bin/${name}`))
  assert.equal(behind({}), [])
  assert.equal(behind({ CCACHE_PATH: machine.at('hidden') }), [hidden])
  assert.equal(behind({ CCACHE_COMPILER: hidden }), [hidden])
  assert.equal(behind({ CCACHE_COMPILER: hidden }, 'ccache'), [hidden])
})

test('a large program is known by size and time, a small one by its content as well', () => {
  using machine = new Machine()
  const identity = (text: string): string => {
    machine.add('gcc', text)
    machine.touch('gcc', 9)
    return machine.programs([]).identity([machine.at('gcc')])
  }
  assert.is(identity('x'.repeat(1 << 17)), `${machine.at('gcc')} ${1 << 17} 9000`)
  assert.is.not(identity('one'), identity('two'))
})

test('what a command starts by name is compared, and what it starts in the tree is an input', () => {
  using machine = new Machine()
  machine.add('bin/gen')
  machine.add('bin/env')
  const programs = machine.programs(['bin'])
  const gen = programs.identity([machine.at('bin/gen')])
  assert.is(programs.started(['gen', 'gen']), gen)
  assert.is(programs.started(['skipped', 'gen', 'x'], 1), gen)
  assert.is(programs.started([machine.at('bin/gen')]), gen)
  assert.match(programs.started(['env', 'A=b', 'gen']), gen)
  assert.is(programs.started(['bin/gen']), '')
  assert.is(programs.started(['none']), '')
  assert.is(programs.started([]), '')
})

test.run()
