// Small shells that start commands for us. Knows neither which programs may be started so, nor how a
// launcher itself is started.
//
// Starting a process copies the page tables of whoever starts it. In this process that takes
// milliseconds in which nothing else is done; in a small shell it takes almost none. No command is ever
// a line of text: a launcher reads the words of a command one by one, and runs them as "$@".

/** The process of a launcher, as whoever has started it sees it. */
export interface LauncherProcess {
  readonly pid: number
  /** Until {@link unref}, it keeps this process alive. */
  readonly write: (text: string) => void
  /** Ends its input: it exits. */
  readonly end: () => void
  /** It runs nothing: this process need not stay alive for it. */
  readonly unref: () => void
  readonly onLine: (heard: (line: string) => void) => void
  /** @param ended called with the exit status; null when a signal has ended it */
  readonly onEnd: (ended: (status: number | null) => void) => void
}

/** A command as a launcher is given it. Its standard input is empty. */
export interface Launch {
  readonly words: readonly string[]
  /** Absolute. */
  readonly directory: string
  /** Variables besides those that the launcher itself was started with. */
  readonly variables: readonly (readonly [name: string, value: string])[]
  /** Paths of files that are appended to. */
  readonly stdout: string
  readonly stderr: string
}

/**
 * The exit status as a shell gives it: 128 and more after a signal. `unstarted`: the command was never
 * started, because the system refused another process. `lost`: the launcher was ended with it.
 */
export type Launched = number | 'unstarted' | 'lost'

/** More words cost a shell more than a process costs us: it copies all it has with each. */
const MOST_WORDS = 120
const MOST_TEXT = 1 << 15

/**
 * Reads one command after another: how many variables and words there are, its directory, the files
 * for its output, then the variables and the words, a line each. Answers with the exit status, a line.
 * The trap keeps the launcher alive through signals to its group; the command gets the defaults again.
 * What a shell adds to the environment is taken out before a command's own variables are put in.
 *
 * A program that cannot be started, or a directory that cannot be entered, the shell can only report in
 * the command's output, which its message then begins: see {@link saysUnstarted}.
 */
export const LAUNCHER = `unset PWD OLDPWD SHLVL
trap : HUP INT TERM
while read -r launch_variables launch_count && IFS= read -r launch_folder &&
  IFS= read -r launch_out && IFS= read -r launch_err
do
  set --
  while [ $# -lt "$launch_count" ]
  do IFS= read -r launch_word && set -- "$@" "$launch_word" || exit 1
  done
  (
    exec </dev/null >>"$launch_out" 2>>"$launch_err"
    cd "$launch_folder" && unset PWD OLDPWD || exit 126
    while [ "$launch_variables" -gt 0 ]
    do export "$1" && shift && launch_variables=$((launch_variables - 1)) || exit 126
    done
    exec "$@"
  )
  echo "$?"
done`

/**
 * Did a launcher write this about a command that it could not start? A shell begins what it reports with
 * its name, and what the command itself writes cannot come before it.
 * @param name what the shell of the launcher is called: its `$0`, which nobody else can guess
 */
export function saysUnstarted(output: string, name: string): boolean {
  return output.startsWith(`${name}: `)
}

/** Taken out of what a launcher is started with: a command that has one gets it as its own. */
export const UNSET = ['PWD', 'OLDPWD', 'SHLVL'] as const

/** Names that a shell itself uses, or does not let us set. */
const OF_SHELLS =
  /^(?:launch_\w+|_|BASH\w*|COMP_\w+|DIRSTACK|EPOCH\w+|E?UID|FUNCNAME|GROUPS|HIST\w+|IFS|LINENO|OPT(?:ARG|ERR|IND)|PIPESTATUS|PPID|S?RANDOM|SECONDS|SHELLOPTS)$/

/** Can this command be passed to a launcher unchanged? */
export function isPassable({ words, directory, variables, stdout, stderr }: Launch): boolean {
  if (words.length > MOST_WORDS) return false
  let length = 0
  for (const text of [...words, directory, stdout, stderr]) {
    if (text.includes('\n')) return false
    length += text.length
  }
  for (const [name, value] of variables) {
    if (!isPassableVariable(name, value)) return false
    length += name.length + value.length
  }
  return length <= MOST_TEXT
}

/** Can a shell set this variable, and a line hold it? */
export function isPassableVariable(name: string, value: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !OF_SHELLS.test(name) && !value.includes('\n')
}

/** Runs one command at a time. */
export class Launcher {
  readonly pid: number
  readonly #process: LauncherProcess
  readonly #end: Promise<void>
  #hasEnded = false
  #resolve: ((launched: Launched) => void) | undefined

  constructor(process: LauncherProcess) {
    this.pid = process.pid
    this.#process = process
    process.onLine((line) => this.#settle(Number(line)))
    this.#end = new Promise((resolve) => {
      process.onEnd((status) => {
        this.#hasEnded = true
        // A shell exits by itself where fork(2) fails; nothing else lets it exit while it has a command.
        this.#settle(status === null ? 'lost' : 'unstarted')
        resolve()
      })
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Resolves when the command has ended. Call it again only after that. */
  run({ words, directory, variables, stdout, stderr }: Launch): Promise<Launched> {
    const lines = [
      `${variables.length} ${variables.length + words.length}`,
      ...[directory, stdout, stderr],
      ...variables.map(([name, value]) => `${name}=${value}`),
      ...words,
    ]
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#process.write(`${lines.join('\n')}\n`)
    })
  }

  /** Resolves when its process is gone. */
  close(): Promise<void> {
    this.#process.end()
    return this.#end
  }

  #settle(launched: Launched): void {
    const resolve = this.#resolve
    this.#resolve = undefined
    this.#process.unref()
    resolve?.(launched)
  }
}
