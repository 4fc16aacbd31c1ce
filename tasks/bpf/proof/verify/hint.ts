// What usually causes an objection of the verifier, and what to do about it.

const CAUSES: readonly (readonly [sentence: RegExp, hint: string])[] = [
  [
    /infinite loop|back-edge|too many states|too large\. Processed|sequence of \d+ jumps/,
    'bound the loop by a constant (for (i = 0; i < 16; i++)), or use bpf_loop() or bpf_for()',
  ],
  [/_or_null'|possibly NULL|NULL pointer/, 'check the pointer first: if (!pointer) return 0;'],
  [
    /combined stack size|stack depth|invalid (?:write to|read from|variable-offset).*stack|stack R10 off/,
    'a program has 512 bytes of stack with all functions it calls: keep large data in a per-CPU array map',
  ],
  [
    /outside of the (?:allowed memory range|packet)|max value is outside|invalid access to (?:packet|map value)/,
    'compare the index or the length with the bound right before it is used; mask it where that is not enough',
  ],
  [/min value is negative|unbounded (?:min|memory)/, 'use an unsigned length, and bound it before'],
  [
    /invalid mem access '(?:scalar|inv)'/,
    'memory of the kernel or of a process is read by BPF_CORE_READ() or bpf_probe_read_kernel()',
  ],
  [
    /!read_ok|invalid indirect read/,
    'give every variable, padding included, a value before its use',
  ],
  [
    /cannot call GPL-restricted|GPL[- ]compatible|gpl_only/i,
    'give the object a licence that may call it: char LICENSE[] SEC("license") = "GPL";',
  ],
  [
    /unknown func|cannot use helper/,
    'programs of this type, or this kernel, have no such helper: man bpf-helpers',
  ],
  [
    /invalid func unknown#195896080/,
    'a CO-RE relocation found no such type or field here: guard it with bpf_core_field_exists()',
  ],
  [
    /Unreleased reference/,
    'release on every path what was acquired (bpf_ringbuf_submit, bpf_sk_release, …)',
  ],
  [
    /unreachable insn/,
    'code that no path reaches is refused: look for a function that never returns',
  ],
  [
    /dereference of modified ctx|invalid bpf_context access/,
    'read the context only by its own fields, at constant offsets',
  ],
]

/** A cause and its cure for a sentence of the verifier, where it is a common one. */
export function hintFor(sentence: string): string | undefined {
  return CAUSES.find(([pattern]) => pattern.test(sentence))?.[1]
}
