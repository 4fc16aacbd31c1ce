// Small shells that start commands for us. Starting one means to copy the page tables of whoever
// starts it: of this process that takes milliseconds in which nothing else is done, of a shell none.
//
// No command is ever a line of text: a launcher is told the words of a command one by one, and runs
// them as "$@". Which program may be started like this, and how a launcher itself comes to be, is
// known elsewhere.

/** A running launcher: what it is told, what it says, and its end. */
export interface LauncherProcess {
  readonly pid: number
  readonly tell: (text: string) => void
  /** Nothing more is told: it ends. */
  readonly dismiss: () => void
  /** Nothing runs in it: it is no reason to wait. */
  readonly rest: () => void
  readonly onLine: (heard: (line: string) => void) => void
  readonly onEnd: (ended: () => void) => void
}

/** A command as a launcher is told of it. Its standard input is empty. */
export interface Launch {
  readonly words: readonly string[]
  /** Absolute. */
  readonly directory: string
  /** Variables besides those that the launcher itself was started with. */
  readonly variables: readonly (readonly [name: string, value: string])[]
  /** Paths of files that are appended to. */
  readonly stdout: string
  readonly stderr: string
  /** Path of a file: told early, it is started only while something is in there. */
  readonly gate: string
}

/**
 * Exit status as a shell gives it, 128 and more after a signal; undefined where the launcher ended.
 * What was told early is `unstarted` where the command before it failed, or its gate was shut.
 */
export type Launched = number | 'unstarted' | undefined

/** More words cost a shell more than a process costs us: it copies all it has with each. */
const MOST_WORDS = 120
const MOST_TEXT = 1 << 15

/**
 * One command after another: how many variables and words there are, where it runs, where its output
 * goes, the gate of what was told before the last one had ended, else an empty line, then the variables
 * and the words, a line each. The trap keeps the shell alive through what
 * ends its command, which gets the default again. What a shell adds to the environment is taken out
 * before a command's own variables are put in.
 */
export const LAUNCHER = `unset PWD OLDPWD SHLVL
trap : HUP INT TERM
launch_status=0
while read -r launch_variables launch_count && IFS= read -r launch_folder &&
  IFS= read -r launch_out && IFS= read -r launch_err && IFS= read -r launch_gate
do
  set --
  while [ $# -lt "$launch_count" ]
  do IFS= read -r launch_word && set -- "$@" "$launch_word" || exit 1
  done
  if [ -n "$launch_gate" ] && { [ "$launch_status" != 0 ] || [ ! -s "$launch_gate" ]; }
  then echo unstarted; continue
  fi
  (
    cd "$launch_folder" && unset PWD OLDPWD || exit 126
    exec </dev/null >>"$launch_out" 2>>"$launch_err"
    while [ "$launch_variables" -gt 0 ]
    do export "$1" && shift && launch_variables=$((launch_variables - 1)) || exit 126
    done
    exec "$@"
  )
  launch_status=$?
  echo "$launch_status"
done`

/** Taken out of what a launcher is started with: a command that is to have one is told it. */
export const UNSET = ['PWD', 'OLDPWD', 'SHLVL'] as const

/** Names that a shell itself uses, or does not let be set. */
const OF_SHELLS =
  /^(?:launch_\w+|_|BASH\w*|COMP_\w+|DIRSTACK|EPOCH\w+|E?UID|FUNCNAME|GROUPS|HIST\w+|IFS|LINENO|OPT(?:ARG|ERR|IND)|PIPESTATUS|PPID|S?RANDOM|SECONDS|SHELLOPTS)$/

/** Can a launcher be told of this command as it is? */
export function isTellable({ words, directory, variables, stdout, stderr, gate }: Launch): boolean {
  if (words.length > MOST_WORDS) return false
  let length = 0
  for (const text of [...words, directory, stdout, stderr, gate]) {
    if (text.includes('\n')) return false
    length += text.length
  }
  for (const [name, value] of variables) {
    if (!isTellableVariable(name, value)) return false
    length += name.length + value.length
  }
  return length <= MOST_TEXT
}

export function isTellableVariable(name: string, value: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !OF_SHELLS.test(name) && !value.includes('\n')
}

/** One that runs a command at a time. */
export class Launcher {
  readonly pid: number
  readonly #process: LauncherProcess
  readonly #end: Promise<void>
  #ended = false
  /** Of what runs, and of what was told early. */
  readonly #answers: ((status: Launched) => void)[] = []

  constructor(process: LauncherProcess) {
    this.pid = process.pid
    this.#process = process
    process.onLine((line) => {
      this.#settle(line === 'unstarted' ? line : Number(line))
      if (!this.isBusy) process.rest()
    })
    this.#end = new Promise((resolve) => {
      process.onEnd(() => {
        this.#ended = true
        this.#settle(undefined)
        while (this.isBusy) this.#settle('unstarted')
        resolve()
      })
    })
  }

  get isUsable(): boolean {
    return !this.#ended
  }

  get isBusy(): boolean {
    return this.#answers.length > 0
  }

  /**
   * Resolves when the command has ended.
   * @param early it is to be started only where the one before it went well, and its gate is open
   */
  run(
    { words, directory, variables, stdout, stderr, gate }: Launch,
    early = false,
  ): Promise<Launched> {
    return new Promise((resolve) => {
      const lines = [
        `${variables.length} ${variables.length + words.length}`,
        ...[directory, stdout, stderr, early ? gate : ''],
        ...variables.map(([name, value]) => `${name}=${value}`),
        ...words,
      ]
      this.#answers.push(resolve)
      this.#process.tell(`${lines.join('\n')}\n`)
    })
  }

  /** Resolves when its process is gone. */
  dismiss(): Promise<void> {
    this.#process.dismiss()
    return this.#end
  }

  #settle(status: Launched): void {
    this.#answers.shift()?.(status)
  }
}
