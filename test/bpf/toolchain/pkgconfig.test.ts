// A library by pkg-config: its words, what stands for it where it is missing, what is refused.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { pkgConfig } from '../../../tasks/bpf/index.ts'
import { FakeMachine } from '../../support/fakemachine.ts'
import { refusal } from '../../support/refusal.ts'

/** A machine whose pkg-config knows one library, and says of others that they are missing. */
function machineWith(cflags = '--cflags of x:'): FakeMachine {
  const machine = new FakeMachine()
  machine.disk.put('/usr/lib/pkgconfig/x.pc', '')
  machine.says[cflags] = ['there', '-I/x']
  machine.says['--libs of x:'] = ['there', '-L/x', '-lx']
  for (const question of ['--cflags of', '--libs of'])
    machine.says[question] = ['', "No package 'y' found\nand more"]
  return machine
}

test('a library that is known has words for compiles and links, and lacks nothing', () => {
  const { name, flags, libraries, lack } = pkgConfig('x')
  const machine = machineWith()
  assert.is(name, 'x')
  assert.equal(machine.words(flags), ['-I/x'])
  assert.equal(machine.words(libraries), ['-L/x', '-lx'])
  assert.is(machine.ask(lack), undefined)
})

test('a version is asked for with it', () => {
  const { name, flags } = pkgConfig('x', { atLeast: '1.2' })
  const machine = machineWith('--cflags of x >= 1.2:')
  assert.is(name, 'x >= 1.2')
  assert.equal(machine.words(flags), ['-I/x'])
})

test('one that is missing: a failure that says how to mend it, nothing, or other words', () => {
  const machine = machineWith()
  const { what, facts, hint } = refusal(() => machine.words(pkgConfig('y').flags))
  assert.is(what, 'y is not known to pkg-config')
  assert.equal(facts, [['it said', "No package 'y' found\nand more"]])
  assert.match(hint ?? '', 'PKG_CONFIG_PATH=DIR')
  const optional = pkgConfig('y', { optional: true })
  assert.equal(machine.words([optional.flags, optional.libraries]), [])
  assert.is(machine.ask(optional.lack), "No package 'y' found")
  const other = pkgConfig('y', { fallback: { flags: ['-I/old'], libraries: ['-ly'] } })
  assert.equal(machine.words([other.flags, other.libraries]), ['-I/old', '-ly'])
  assert.is(machine.ask(other.lack), undefined)
})

test('without pkg-config, or where it is not to be asked, the same holds', () => {
  const off = machineWith()
  off.settings['NO_PKG_CONFIG'] = '1'
  const none = machineWith()
  none.disk.files.delete('/bin/pkg-config')
  for (const [machine, said] of [
    [off, 'NO_PKG_CONFIG is set'],
    [none, 'there is no pkg-config here'],
  ] as const) {
    assert.is(refusal(() => machine.words(pkgConfig('x').libraries)).facts?.[0]?.[1], said)
    const other = pkgConfig('x', { fallback: { libraries: ['-lx'] } })
    assert.equal(machine.words([other.flags, other.libraries]), ['-lx'])
    assert.is(machine.ask(pkgConfig('x', { optional: true }).lack), said)
  }
})

test('what is no package, and unknown options, are refused', () => {
  for (const [act, what] of [
    [() => pkgConfig('' as never), 'pkgConfig is given no package'],
    [() => pkgConfig('a b'), 'pkgConfig is given no package'],
    [() => pkgConfig('--libs'), 'pkgConfig is given no package'],
    [() => pkgConfig('x', { fallbak: {} } as never), 'pkgConfig x has no option fallbak'],
    [() => pkgConfig('x', { fallback: { libs: [] } } as never), 'fallback has no option libs'],
  ] as const) {
    assert.is(refusal(act).what, what)
  }
})

test.run()
