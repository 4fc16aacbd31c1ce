// The shell script that keeps a private folder on another machine, and removes it with all that runs there.
import { quoteWord } from '../../../engine/index.ts'

/** What the keeper says once its folder is there. */
export interface Greeting {
  /** Absolute, and nobody else's. */
  readonly folder: string
  /** What `uname -m` says. */
  readonly machine: string
  /** What `uname -r` says. */
  readonly release: string
  readonly user: string
  /** How a command becomes root's there. */
  readonly root: 'self' | 'sudo' | 'none'
  /** Why `sudo -n` refuses, where it does. */
  readonly refusal: string
  /** How much fits into the folder, in bytes; undefined where `df` does not say. */
  readonly free: number | undefined
  /** Can programs in the folder be run? */
  readonly runs: boolean
  /** Where tracefs is, or '' where it was not asked for or there is none. */
  readonly tracefs: string
}

/** How often the keeper hears of us, and after how long a silence it ends everything; in seconds. */
export const BEAT = 10
const SILENCE = 60

export interface KeeperOptions {
  /** What begins each line that is meant for us: a login shell may print lines of its own. */
  readonly token: string
  /** Where the folder is made; undefined: in TMPDIR there, or /tmp. */
  readonly folder: string | undefined
  /** Mount tracefs there, where it is not, until the end. */
  readonly tracefs: boolean
}

/**
 * It is read from standard input, so that no login shell has to understand it. When that ends, because the folder
 * is not needed any more or because the connection was cut, or when nothing has come for {@link SILENCE} seconds,
 * it interrupts what runs in the folder, kills what does not end, and removes the folder. A process runs in the
 * folder if its working directory or its program is in there.
 */
export function keeperScript({ token, folder, tracefs }: KeeperOptions): string {
  const parent = folder === undefined ? `"\${TMPDIR:-/tmp}"` : quoteWord(folder)
  return `{
umask 077
say() { printf '%s %s\\n' ${token} "$*"; }
sudo=
sweep='for signal in INT TERM KILL; do for round in 1 2 3 4 5 6 7 8 9; do
  pids=$(ls -ld /proc/[0-9]*/cwd /proc/[0-9]*/exe 2>/dev/null |
    sed -n "s|.* /proc/\\([0-9]*\\)/[a-z]* -> .*/$1\\(/.*\\)*\\( (deleted)\\)*$|\\1|p" | sort -u)
  [ -n "$pids" ] || exit 0
  [ $round != 1 ] || kill -$signal $pids 2>/dev/null
  sleep 0.2 2>/dev/null || sleep 1
done; done'
folder=
mounted=
end() {
  trap '' HUP INT TERM PIPE
  [ -z "$folder" ] && return
  $sudo sh -c "$sweep" sh "\${folder##*/}"
  [ -z "$mounted" ] || $sudo umount "$mounted"
  rm -rf "$folder" 2>/dev/null || $sudo rm -rf "$folder"
  [ -e "$folder" ] || say gone
  [ -z "$watch" ] || kill $watch 2>/dev/null
}
watch=
trap end EXIT
trap 'exit 1' HUP INT TERM PIPE
say user "$(id -un 2>/dev/null || id -u)"
say machine "$(uname -m)"
say release "$(uname -r)"
if [ "$(id -u)" = 0 ]; then say root self
elif ! command -v sudo >/dev/null; then say root none; say refusal there is no sudo
elif refusal=$(LC_ALL=C sudo -n true 2>&1); then sudo='sudo -n'; say root sudo
else say root none; say refusal "$(printf %s "$refusal" | tail -n 1)"
fi
folder=$(mktemp -d ${parent}/bpf-tasks.XXXXXX) || exit 1
say folder "$folder"
say free "$(df -Pk "$folder" | sed -n '2s/.* \\([0-9][0-9]*\\)  *[0-9-]*% .*/\\1/p')"
{ printf '#!/bin/sh\\n' >"$folder/try" && chmod +x "$folder/try" && "$folder/try"; } 2>/dev/null && say runs yes
rm -f "$folder/try"
if [ ${tracefs ? 1 : 0} = 1 ] && { [ -n "$sudo" ] || [ "$(id -u)" = 0 ]; }; then
  for at in /sys/kernel/tracing /sys/kernel/debug/tracing ''; do
    [ -z "$at" ] || ! $sudo test -e "$at/trace_pipe" || break
  done
  if [ -z "$at" ] && $sudo mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; then
    at=/sys/kernel/tracing
    mounted=$at
  fi
  say tracefs "$at"
fi
keeper=$$
exec 3<&0
( beat=
  trap 'kill $beat 2>/dev/null; exit' TERM
  quiet() { ( trap 'kill $pause 2>/dev/null; exit' TERM; sleep ${SILENCE} & pause=$!; wait $pause; kill $keeper ) 3<&- & }
  quiet; beat=$!
  while read -r line; do kill $beat 2>/dev/null; quiet; beat=$!; done
  kill $beat 2>/dev/null
  kill $keeper ) <&3 &
watch=$!
say ready
wait $watch
exit 0
}
`
}

/** The lines of the keeper among all that came; undefined as long as it is not ready. */
export function readGreeting(lines: readonly string[], token: string): Greeting | undefined {
  const said = new Map(
    lines.flatMap((line) => {
      const [, key, value = ''] = new RegExp(`^${token} (\\w+) ?(.*)$`).exec(line) ?? []
      return key === undefined ? [] : [[key, value] as const]
    }),
  )
  const of = (key: string): string => said.get(key) ?? ''
  if (!said.has('ready')) return undefined
  const root = of('root')
  return {
    folder: of('folder'),
    machine: of('machine'),
    release: of('release'),
    user: of('user'),
    root: root === 'self' || root === 'sudo' ? root : 'none',
    refusal: of('refusal'),
    free: /^\d+$/.test(of('free')) ? Number(of('free')) * 1024 : undefined,
    runs: said.has('runs'),
    tracefs: of('tracefs'),
  }
}
