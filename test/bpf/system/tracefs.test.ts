// Where tracefs is, told from made-up signs: files seen, table of mounts, known file systems.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Sight, tracefsFrom } from '../../../tasks/bpf/system/tracefs.ts'

const filesystems = 'nodev\tsysfs\nnodev\tdebugfs\nnodev\ttracefs\n\text4\n'

/** Sees the given paths, and every path inside the closed folders as denied. */
function sights(there: readonly string[], closed: readonly string[] = []) {
  return (path: string): Sight => {
    if (closed.some((folder) => path.startsWith(`${folder}/`))) return 'denied'
    return there.includes(path) ? 'there' : 'missing'
  }
}

function files(path: string): string[] {
  return [path, `${path}/trace_pipe`, `${path}/events`]
}

test('its own place is preferred to the one in debugfs', () => {
  const own = '/sys/kernel/tracing'
  const old = '/sys/kernel/debug/tracing'
  const both = sights([...files(own), ...files(old)])
  assert.equal(tracefsFrom({ look: both, mounts: '', filesystems }), {
    state: 'mounted',
    path: own,
  })
  const one = sights([own, ...files(old)])
  assert.equal(tracefsFrom({ look: one, mounts: '', filesystems }), { state: 'mounted', path: old })
})

test('an empty mount point is not tracefs, and the command that mounts it is known', () => {
  const look = sights(['/sys/kernel/tracing', '/sys/kernel/debug'])
  assert.equal(tracefsFrom({ look, mounts: '', filesystems }), {
    state: 'unmounted',
    path: '/sys/kernel/tracing',
    mount: ['mount', '-t', 'tracefs', 'tracefs', '/sys/kernel/tracing'],
  })
})

test('what only root may look into is found in the table of mounts', () => {
  const look = sights(['/sys/kernel/tracing'], ['/sys/kernel/tracing'])
  const mounts = 'tracefs /sys/kernel/tracing tracefs rw,nosuid,nodev,noexec,relatime 0 0\n'
  const path = '/sys/kernel/tracing'
  assert.equal(tracefsFrom({ look, mounts, filesystems }), { state: 'mounted', path })
  assert.is(tracefsFrom({ look, mounts: '', filesystems }).state, 'unmounted')
})

test('a kernel from before 4.1 has it in debugfs alone', () => {
  const look = sights(['/sys/kernel/debug'])
  assert.equal(tracefsFrom({ look, mounts: '', filesystems }), {
    state: 'unmounted',
    path: '/sys/kernel/debug/tracing',
    mount: ['mount', '-t', 'debugfs', 'debugfs', '/sys/kernel/debug'],
  })
})

test('a kernel without it cannot mount it', () => {
  const look = sights(['/sys/kernel/tracing', '/sys/kernel/debug'])
  const without = 'nodev\tsysfs\nnodev\tdebugfs\n'
  assert.equal(tracefsFrom({ look, mounts: '', filesystems: without }), { state: 'absent' })
  assert.equal(tracefsFrom({ look: sights([]), mounts: '', filesystems }), { state: 'absent' })
})

test.run()
