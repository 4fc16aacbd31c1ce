// Runs a command in a mount namespace of its own (root only): what is mounted there ends with it.
import { spawnSync } from 'node:child_process'
import type { Ran, Tree } from './tree.ts'

/** What starts a command after a shell script that mounts; the process keeps its number. */
export function inOwnMounts(script: string, command: readonly string[]): string[] {
  return ['unshare', '--mount', 'sh', '-ec', `${script}\nexec "$@"`, 'sh', ...command]
}

/** A script that makes these files look as if they were not there; patterns of the shell. */
export function hiding(...patterns: string[]): string {
  return covering('/dev/null', ...patterns)
}

/** A script that makes these files have the content of another. */
export function covering(cover: string, ...patterns: string[]): string {
  const hide = `if [ -f "$file" ]; then mount --bind '${cover}' "$file"; fi`
  return `for file in ${patterns.join(' ')}; do ${hide}; done`
}

/** Runs `tasks.ts` to its end, after the script, with that PATH. */
export function runInOwnMounts(
  tree: Tree,
  script: string,
  args: readonly string[],
  path: string = process.env['PATH'] ?? '',
): Ran {
  const command = ['env', '-i', `PATH=${path}`, ...tree.command, ...args]
  const [program = '', ...words] = inOwnMounts(script, command)
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: tree.root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { status, stdout, stderr }
}
