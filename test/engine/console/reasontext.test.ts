// Every reason in a user's words, with the value before and after.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Reason } from '../../../tasks/engine/base/index.ts'
import { reasonText } from '../../../tasks/engine/console/reasontext.ts'

const noon = new Date(2026, 0, 2, 12, 0, 0).getTime()
const tool = { path: '/usr/bin/cc', version: '12.2' }

const texts: readonly (readonly [Reason, string])[] = [
  [{ kind: 'forced' }, 'asked for by --force'],
  [{ kind: 'never-built' }, 'never built'],
  [{ kind: 'not-in-log', log: 'foreign' }, 'the build log is of another version of bpf-tasks'],
  [{ kind: 'output-missing', path: 'build/a' }, 'build/a is missing'],
  [
    {
      kind: 'output-changed',
      path: 'build/a',
      before: { mtime: noon, size: 1 },
      after: { mtime: noon + 60_000, size: 2 },
    },
    'build/a is not as it was left: 2026-01-02 12:00:00 → 2026-01-02 12:01:00, 1 → 2 bytes',
  ],
  [
    {
      kind: 'input-changed',
      path: 'a.h',
      discovered: true,
      through: ['a.c', 'b.h'],
      before: { mtime: noon + 0.5, size: 1 },
      after: { mtime: noon + 1, size: 1 },
    },
    'a.h changed (included by a.c → b.h): 2026-01-02 12:00:00.000500 → 2026-01-02 12:00:00.001000',
  ],
  [
    {
      kind: 'input-changed',
      path: 'a.c',
      discovered: false,
      before: { mtime: noon, size: 1 },
      after: { mtime: noon, size: 1 },
    },
    'a.c changed: same time and size, but different content',
  ],
  [
    { kind: 'command-changed', removed: ['-O1'], added: ['-O2', '{CFLAGS}'] },
    'its command changed: now without -O1, with -O2 CFLAGS',
  ],
  [
    { kind: 'environment-changed', name: 'MODE', before: undefined, after: 'x' },
    'MODE changed: (not set) → x',
  ],
  [
    { kind: 'tool-changed', name: 'cc', before: tool, after: { ...tool, version: '13' } },
    'cc changed: 12.2 (/usr/bin/cc) → 13 (/usr/bin/cc)',
  ],
  [
    { kind: 'tool-changed', name: 'cc', before: tool, after: tool },
    'cc 12.2 (/usr/bin/cc) is another binary of the same version',
  ],
]

for (const [reason, text] of texts) {
  test(text, () => assert.is(reasonText(reason), text))
}

test.run()
