// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where the disassembler of LLVM can be compiled and linked with. */
#include <llvm-c/Disassembler.h>
#include <llvm-c/Target.h>

int main(void)
{
	LLVMInitializeAllDisassemblers();
	return LLVMCreateDisasm("", NULL, 0, NULL, NULL) == NULL;
}
