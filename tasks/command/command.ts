#!/usr/bin/env node
// The bpf-tasks command: `init` begins a tree; everything else is for the tasks.ts above where one is.
import * as fs from 'node:fs'
import * as module from 'node:module'
import { basename, dirname, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { directoryOption, withCalledFrom } from '../directoryoption.ts'
import { parsed } from './packagejson.ts'
import { taskFileIn } from './taskfiles.ts'

/** What asks for nothing that tasks do. */
const ABOUT: readonly string[] = ['-h', '--help', 'help', '--version', '-l', '--list']

async function command(words: readonly string[]): Promise<void> {
  const { directory, rest } = directoryOption(words)
  const isInit = rest.find((word) => !word.startsWith('-')) === 'init'
  const from = resolve(directory ?? '')
  const script = isInit ? undefined : above(from)
  if (script === undefined) {
    // What tells of the command itself needs no tasks.
    if (!isInit && !rest.every((word) => ABOUT.includes(word))) throw await noTasks(from)
    const { begin } = await import('./init.ts')
    await begin(from, rest)
    return
  }
  const because = whyCommonJs(script)
  if (because !== undefined) throw await notAModule(script, because)
  const given = withCalledFrom(from, rest)
  process.argv.splice(1, process.argv.length - 1, script, ...given)
  process.chdir(dirname(script))
  // The door first: it answers what needs no tasks, and shows what goes wrong in them.
  await import('../engine/index.ts')
  if (/\.m?ts$/.test(script) && !stripsTypes()) (await import('tsx/esm/api')).register()
  await import(pathToFileURL(script).href)
}

/** The nearest file of tasks. */
function above(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = taskFileIn(folder)
    if (file !== undefined) return file
    if (dirname(folder) === folder) return undefined
  }
}

async function noTasks(from: string): Promise<Error> {
  const { UserError } = await import('../engine/index.ts')
  return new UserError({
    what: 'there is no tasks.ts here or above',
    facts: [['from', from]],
    hint: 'begin a tree here with: npx bpf-tasks init',
    status: 2,
  })
}

/** Why a script would not be loaded as a module; undefined: it would. */
function whyCommonJs(script: string): string | undefined {
  if (/\.m[jt]s$/.test(script)) return undefined
  // Node itself finds out what a script without a type is; tsx takes it for CommonJS.
  const needsType = script.endsWith('.ts') && !stripsTypes()
  for (let folder = dirname(script); ; folder = dirname(folder)) {
    const path = resolve(folder, 'package.json')
    if (fs.existsSync(path)) {
      const { type } = parsed(fs.readFileSync(path, 'utf8')) ?? {}
      if (type === 'commonjs') return `"type": "commonjs" in ${path}`
      return needsType && type !== 'module' ? `no "type": "module" in ${path}` : undefined
    }
    if (dirname(folder) === folder) return needsType ? 'no package.json here or above' : undefined
  }
}

async function notAModule(script: string, because: string): Promise<Error> {
  const { quoteWord, UserError } = await import('../engine/index.ts')
  return new UserError({
    what: `${basename(script)} would be loaded as CommonJS, which cannot wait for a build`,
    facts: [['because', because]],
    hint: `mv ${quoteWord(script)} ${quoteWord(script.replace(/(?=[jt]s$)/, 'm'))}`,
    status: 2,
  })
}

/** Node 22.18 and newer run TypeScript by themselves; Deno and Bun always do. */
function stripsTypes(): boolean {
  const { typescript } = process.features as { readonly typescript?: string | false }
  return typeof typescript === 'string' || !('register' in module)
}

try {
  await command(process.argv.slice(2))
} catch (error) {
  // It shows what nobody catches, with lines of our sources.
  await import('../engine/index.ts')
  throw error
}
