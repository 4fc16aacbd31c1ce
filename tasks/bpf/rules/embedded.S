/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* FILE as read-only data, between NAME_start and NAME_end. */
#define JOINED(name, end) name##end
#define SYMBOL(name, end) JOINED(name, end)

	.section .rodata
	.balign 8
	.global SYMBOL(NAME, _start)
SYMBOL(NAME, _start):
	.incbin FILE
	.global SYMBOL(NAME, _end)
SYMBOL(NAME, _end):
	.byte 0

	.section .note.GNU-stack, "", %progbits
