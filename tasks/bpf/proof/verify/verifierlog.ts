// What the kernel's verifier wrote: its figures, what it objects to and where. Text only.
//
// The forms are those of kernel/bpf/verifier.c and kernel/bpf/log.c, Linux 5.2 to 7.2.

/** What the verifier counted; each is null where this kernel does not tell. */
export interface Figures {
  /** Instructions that it went through, those of all paths. */
  readonly verified: number | null
  readonly states: number | null
  readonly peakStates: number | null
  /** Bytes of each function, the program's own first. */
  readonly stack: readonly number[] | null
  readonly microseconds: number | null
}

/** A line of the program's source, as the log shows it. */
export interface Place {
  readonly text: string
  /** Newer kernels give the file's base name and the line; others only the text. */
  readonly file?: string
  readonly line?: number
}

export interface Objection {
  /** The verifier's own sentence. */
  readonly reason: string
  readonly place: Place | undefined
  /** The last lines before it, for people. */
  readonly excerpt: readonly string[]
}

const FIGURES = /^(?:verification time |stack depth |(?:insns )?processed \d+)/

export function figuresOf(log: string): Figures {
  const processed =
    /^processed (\d+) insns .*?total_states (\d+) peak_states (\d+)/m.exec(log) ?? []
  const stack = /^stack depth ([\d+]+)/m.exec(log)?.[1]
  const time = /^verification time (\d+) usec/m.exec(log)?.[1]
  const [, verified, states, peakStates] = processed.map(Number)
  return {
    verified: verified ?? null,
    states: states ?? null,
    peakStates: peakStates ?? null,
    stack: stack?.split('+').map(Number) ?? null,
    microseconds: time === undefined ? null : Number(time),
  }
}

/** What the verifier objects to; undefined where it was not asked or wrote nothing. */
export function objectionOf(log: string): Objection | undefined {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !FIGURES.test(line))
  // Behind its sentence it may show states and what it would have wanted to see.
  const at = lines.findLastIndex((line) => isSentence(line))
  const reason = lines[at]
  if (reason === undefined) return undefined
  const before = lines.slice(0, at)
  const place = reason.startsWith('combined stack size')
    ? deepestCall(before, Number(/of (\d+) calls/.exec(reason)?.[1] ?? 2) - 1)
    : lastPlace(before)
  const shown = before.filter((line) => !/^\(\d+\) (?:frame|live)/.test(line))
  return { reason, place, excerpt: [...shown.slice(-8), reason].map(shorten) }
}

/** Not a source line, an instruction, a state, or what is said of arguments before it begins. */
function isSentence(line: string): boolean {
  return !(
    /^(?:;|\d+: |from \d+ to \d+|arg#|(?:cur|old) state:|caller:|callee:|\(\d+\) |\s)/.test(line) ||
    /^(?:last_idx|first_idx|regs=|parent |mark_precise|func#|frame\d|Func#|Validating|R\d+=)/.test(
      line,
    ) ||
    /^returning from callee|^to caller at|safe$/.test(line)
  )
}

function lastPlace(lines: readonly string[]): Place | undefined {
  const line = lines.findLast((text) => placeOf(text) !== undefined)
  return line === undefined ? undefined : placeOf(line)
}

/** The call by which the chain of functions got too deep. */
function deepestCall(lines: readonly string[], depth: number): Place | undefined {
  let place: Place | undefined
  let found: Place | undefined
  let frame = 0
  for (const line of lines) {
    place = placeOf(line) ?? place
    const inFrame = /^\s*(?:\d+: |from \d+ to \d+: )?frame(\d+):/.exec(line)?.[1]
    if (inFrame !== undefined) frame = Number(inFrame)
    else if (line.startsWith('to caller at')) frame = Math.max(0, frame - 1)
    if (/^\d+: \(85\) call pc[+-]/.test(line) && frame + 1 >= depth) found = place
  }
  return found ?? place
}

/** `; text`, or since Linux 6.9 `; text @ file.c:12`. Line 0 is the compiler's, nobody's line. */
function placeOf(line: string): Place | undefined {
  const match = /^; (.*?)(?: @ ([^\s:]+):(\d+))?$/.exec(line)
  const [, text = '', file, number] = match ?? []
  if (match === null || text.trim() === '' || number === '0') return undefined
  return file === undefined ? { text } : { text, file, line: Number(number) }
}

function shorten(line: string): string {
  const tidy = line.replace(/\s+; (R\d.*)$/, '')
  return tidy.length > 110 ? `${tidy.slice(0, 109)}…` : tidy
}
