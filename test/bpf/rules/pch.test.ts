// Which sources may be compiled with a precompiled vmlinux.h: those that include it before all else.
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { firstInclude } from '../../../tasks/bpf/rules/pch.ts'

test('comments and blank lines may come first, in every form', () => {
  for (const before of [
    '',
    '\n\n',
    '// SPDX-License-Identifier: GPL-2.0\n',
    '/* one line */\n',
    '/* several\n * lines ** of stars **/\n',
    '/**/ /* two */ \t',
    '\r\n// windows\r\n',
    '/* a " b */\n// it’s /* not open\n',
    '/* #include <linux/bpf.h> */\n',
  ]) {
    assert.is(firstInclude(`${before}#include "vmlinux.h"\n`), 'quoted', JSON.stringify(before))
    assert.is(firstInclude(`${before}#  include <vmlinux.h> // first\n`), 'angled', before)
  }
  assert.is(firstInclude('#include "vmlinux.h"'), 'quoted')
  assert.is(firstInclude('#include "vmlinux.h" /* all */\r\nint x;'), 'quoted')
})

test('anything else first is plainly compiled', () => {
  for (const source of [
    '',
    'int x;\n#include "vmlinux.h"\n',
    '#include <stdbool.h>\n#include "vmlinux.h"\n',
    '#define BPF_NO_PRESERVE_ACCESS_INDEX\n#include "vmlinux.h"\n',
    '#ifdef X\n#include "vmlinux.h"\n#endif\n',
    '#pragma once\n#include "vmlinux.h"\n',
    '_Static_assert(1, "");\n#include "vmlinux.h"\n',
    '/* open\n#include "vmlinux.h"\n',
    '// goes on \\\n#include "vmlinux.h"\n',
    '\ufeff#include "vmlinux.h"\n',
    '#include "../vmlinux.h"\n',
    '#include "vmlinux.h>\n',
    '#include "vmlinux.h" int x;\n',
    '#include "vmlinux.h" /* goes\non */ int x;\n',
    '#include_next "vmlinux.h"\n',
    '#import "vmlinux.h"\n',
    '#include HEADER\n',
  ]) {
    assert.is(firstInclude(source), undefined, JSON.stringify(source))
  }
})

test('a long comment that never ends is read once', () => {
  // One that went back and forth in it would not end.
  assert.is(firstInclude(`${'/* x */ '.repeat(20_000)}/*${'*'.repeat(200_000)}`), undefined)
})

test.run()
