// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* What is linked to ask a linker something. */
int main(void)
{
	return 0;
}
