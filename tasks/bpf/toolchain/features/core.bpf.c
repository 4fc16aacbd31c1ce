// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where clang compiles for BPF and records what is to be relocated: CO-RE. */
struct sample {
	int value;
} __attribute__((preserve_access_index));

int read_value(struct sample *sample)
{
	return sample->value;
}
