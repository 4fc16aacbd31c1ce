// Reasons to words, for people: one line a reason, with the value before and after.
import {
  type FileFacts,
  type IncludeChain,
  quoteCommand,
  type Reason,
  shownPath,
  type ToolFacts,
} from '../base/index.ts'

export function reasonText(reason: Reason): string {
  return shownPath(describe(reason))
}

/** Why nothing is known of outputs that exist. */
const LOST = {
  whole: 'its outputs exist, but the build log has no record of it',
  damaged: 'the build log is damaged, and what it said about this edge is lost',
  foreign: 'the build log is of another version of bpf-tasks',
  elsewhere: 'the build log was not written here, so under -C it is not trusted',
  missing: 'there is no build log that says how it was built',
} as const

function describe(reason: Reason): string {
  switch (reason.kind) {
    case 'forced':
      return 'asked for by --force'
    case 'never-built':
      return 'never built'
    case 'asked-each-build':
      return 'asked in each build: its own build system knows what changed'
    case 'not-in-log':
      return LOST[reason.log]
    case 'output-missing':
      return `${reason.path} is missing`
    case 'output-changed':
      return `${reason.path} is not as it was left: ${fileChange(reason.before, reason.after)}`
    case 'output-removed':
      return `${reason.path} is no longer an output`
    case 'output-added':
      return `${reason.path} was not an output before`
    case 'command-changed':
      return commandText(reason.removed, reason.added)
    case 'directory-changed':
      return `its directory changed: ${reason.before} → ${reason.after}`
    case 'environment-changed':
      return `${reason.name} changed: ${reason.before ?? '(not set)'} → ${reason.after ?? '(not set)'}`
    case 'tool-changed':
      return toolText(reason.name, reason.before, reason.after)
    case 'input-added':
      return `${reason.path} is a new input`
    case 'input-removed':
      return `${reason.path} is no longer an input`
    case 'input-changed':
      return `${reason.path} changed${found(reason)}: ${fileChange(reason.before, reason.after)}`
    case 'input-missing':
      return `${reason.path} is gone${found(reason)}`
    case 'content-changed':
      return `${reason.path} was rebuilt, and its content changed${found(reason)}`
    case 'input-appeared':
      return `${reason.path} is new, and may be found before a file that was read`
    case 'changed-during-run':
      return `${reason.path} changed while the command ran`
    case 'unordered':
      return `${reason.path} is read without waiting for the edge that makes it`
    case 'input-stale':
      return `${reason.path} is itself stale`
    default:
      return unknown(reason)
  }
}

function found(reason: { readonly discovered: boolean; readonly through?: IncludeChain }): string {
  if (!reason.discovered) return ''
  return reason.through === undefined
    ? ' (read by the command)'
    : ` (included by ${reason.through.join(' → ')})`
}

function fileChange(before: FileFacts, after: FileFacts): string {
  if (before.mtime === after.mtime && before.size === after.size)
    return 'same time and size, but different content'
  const size = before.size === after.size ? '' : `, ${before.size} → ${after.size} bytes`
  return `${timeText(before.mtime, after.mtime)} → ${timeText(after.mtime, before.mtime)}${size}`
}

/** Local time; to the microsecond where two times differ by less than a second. */
function timeText(ms: number, other: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  if (Math.abs(ms - other) >= 1000) return `${day} ${time}`
  return `${day} ${time}.${String(Math.floor((ms - Math.floor(ms / 1000) * 1000) * 1000)).padStart(6, '0')}`
}

function commandText(removed: readonly string[], added: readonly string[]): string {
  const parts: string[] = []
  const text = (words: readonly string[]): string =>
    quoteCommand(words.map((word) => word.replace(/^\{(.+)\}$/, '$1')))
  if (removed.length > 0) parts.push(`without ${text(removed)}`)
  if (added.length > 0) parts.push(`with ${text(added)}`)
  return `its command changed: now ${parts.join(', ')}`
}

function toolText(
  name: string,
  before: ToolFacts | undefined,
  after: ToolFacts | undefined,
): string {
  const text = ({ version, path }: ToolFacts): string =>
    version === '' ? path : `${version} (${path})`
  if (before === undefined || after === undefined) {
    return after === undefined ? `it no longer uses ${name}` : `it now uses ${name} ${text(after)}`
  }
  if (before.version === after.version && before.path === after.path) {
    return `${name} ${text(after)} is another binary${after.version === '' ? '' : ' of the same version'}`
  }
  return `${name} changed: ${text(before)} → ${text(after)}`
}

function unknown(reason: never): string {
  return JSON.stringify(reason)
}
