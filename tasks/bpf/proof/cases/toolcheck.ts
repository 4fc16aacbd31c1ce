// What a tool must show, so that it can be checked, here and in a guest.
import { checkOptions, checks, described, wrong } from '../../../engine/index.ts'
import type { Loader } from '../../rules/index.ts'
import type { BuiltTool } from '../../tree/index.ts'
import type { Evidence } from './evidence.ts'

/** A tool with what it must show. */
export interface Checked extends Pick<BuiltTool, 'name' | 'object'> {
  readonly loader: Loader
  readonly check: Check
}

/**
 * How it is found out that a loader sees what it is made to see; {@link check} makes one in a line.
 * @example
 * const check: Check = { ready: 'x: started', cases: [{ name: 'starts', trigger: [], judge: () => [] }] }
 */
export interface Check {
  /**
   * What a line of the loader has in it once it is attached. Without it, a loader counts as attached when it holds a
   * program and a link, or a program for a while.
   */
  readonly ready?: string
  /**
   * What this kernel lacks, by what a loader said that ended before it was ready; undefined where
   * it ended for another reason.
   */
  readonly lacks?: (evidence: Evidence) => string | undefined
  readonly cases: readonly CheckCase[]
}

/**
 * One run of the loader: it gets ready, the trigger runs, it is interrupted (SIGINT).
 * @example
 * const silent: CheckCase = { name: 'says nothing', trigger: ['true'], judge: ({ stdout }) => stdout.map((line) => `said ${line}`) }
 */
export interface CheckCase {
  readonly name: string
  /** Arguments of the loader. */
  readonly arguments?: readonly string[]
  /**
   * The command that makes what the loader watches happen; it is found by the same path in a guest. Empty: the
   * loader is attached and detached.
   */
  readonly trigger: readonly (string | Loader)[]
  /** Lines of the loader's standard output with this text are counted, and not kept. */
  readonly count?: string
  /** Stop the loader (SIGSTOP) as long as the trigger runs, so that events are lost. */
  readonly stall?: boolean
  /** Read the kernel's trace_pipe as well. */
  readonly trace?: boolean
  /**
   * What is wrong with what was seen, a sentence each; nothing where all is right. That it got
   * ready, ended well on SIGINT, and left nothing in the kernel is asserted for every case.
   */
  readonly judge: (evidence: Evidence) => readonly string[]
}

/**
 * What a tool must show, in one case.
 * @example
 * const opens: CheckOptions = { arguments: ['--json'], trigger: ['cat', '/etc/hostname'], expect: /"file":"\/etc\/hostname"/ }
 */
export interface CheckOptions extends Pick<CheckCase, 'arguments'> {
  /** The command that makes what the tool watches happen: words, and handles of programs of the tree. */
  readonly trigger?: CheckCase['trigger']
  /** Each must match a line of the tool's standard output, or of the kernel's trace with `trace`. */
  readonly expect?: RegExp | readonly RegExp[]
  /** None may match any such line. */
  readonly refuse?: RegExp | readonly RegExp[]
  /** What a line of the tool has in it once it is attached; without it, what it holds is looked at. */
  readonly ready?: string
  /** Look into the kernel's trace as well: for tools with `bpf_printk`. */
  readonly trace?: boolean
}

const optionChecks = {
  arguments: checks.words,
  trigger: checks.list,
  expect: checks.any,
  refuse: checks.any,
  ready: checks.text,
  trace: checks.flag,
} as const satisfies Record<keyof CheckOptions, unknown>

/**
 * A check of one tool by its name, for the `checks` of treeTasks.
 * @example
 * const bpf = bpfRules({ out: 'build' })
 * await main(treeTasks(bpf, bpf.tools('*.bpf.c'), { checks: [check('hello', { trigger: ['/bin/true'], expect: /true/ })] }), bpf.mainOptions)
 * @throws UserError for what the types would refuse
 */
export function check(tool: string, options: CheckOptions = {}): NamedCheck {
  if (typeof tool !== 'string' || tool === '')
    throw wrong('a check names no tool', [['given', described(tool)]])
  checkOptions(`check of ${tool}`, options, optionChecks)
  const { expect, refuse, trigger = [], ready, trace = false } = options
  const [expected, refused] = [patterns(tool, expect), patterns(tool, refuse)]
  if (trigger.length === 0 && expected.length > 0) {
    throw wrong(`check of ${tool}: something is expected, and nothing makes it happen`, [
      ['needed', "a command such as trigger: ['/bin/true']"],
    ])
  }
  const name = trigger.length === 0 ? SMOKE : 'sees what it should'
  const one: CheckCase = {
    ...{ name, trigger, trace },
    ...(options.arguments === undefined ? {} : { arguments: options.arguments }),
    judge: (seen) => linesProblems(seen, trace, expected, refused),
  }
  return Object.freeze({
    tool,
    check: { ...(ready === undefined ? {} : { ready }), cases: [one] },
  })
}

/** What {@link check} gives. @example const named: NamedCheck = check('hello', { trigger: ['true'] }) */
export interface NamedCheck {
  readonly tool: string
  readonly check: Check
}

/** What a case is called that only loads, attaches and detaches. */
const SMOKE = 'attaches and detaches'

/** What is asserted of a tool that nobody has written a check for. */
export const smoke: Check = {
  cases: [{ name: SMOKE, trigger: [], judge: () => [] }],
}

function patterns(tool: string, given: CheckOptions['expect']): readonly RegExp[] {
  const all = given === undefined ? [] : [given].flat()
  const bad = all.find((one) => !(one instanceof RegExp))
  if (bad === undefined) return all as readonly RegExp[]
  throw wrong(`check of ${tool}: lines are matched with a pattern`, [
    ['given', described(bad)],
    ['needed', 'such as /^open /'],
  ])
}

function linesProblems(
  { stdout, trace }: Evidence,
  withTrace: boolean,
  expected: readonly RegExp[],
  refused: readonly RegExp[],
): string[] {
  const lines = withTrace ? [...stdout, ...trace] : stdout
  const last = lines.slice(-3).map((line) => `\n${line}`)
  const shown = last.length === 0 ? 'it printed nothing' : `it ended with${last.join('')}`
  return [
    ...expected
      .filter((pattern) => !lines.some((line) => matches(pattern, line)))
      .map((pattern) => `no line matches ${pattern}: ${shown}`),
    ...refused.flatMap((pattern) => {
      const line = lines.find((one) => matches(pattern, one))
      return line === undefined ? [] : [`a line matches ${pattern}: ${line}`]
    }),
  ]
}

/** Wherever the pattern was matched last. */
function matches(pattern: RegExp, line: string): boolean {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(line)
}

/** The programs of tasks/bpf/proof/c, which look at the kernel for the tasks. */
export interface ProofPrograms {
  readonly verify: Loader
  /** Runs one case of a check. */
  readonly runcase: Loader
}
