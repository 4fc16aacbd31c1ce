// A program: writes the Go file of a BPF object to standard output.
//
//   gowriter.ts OBJECT WHAT
//
// WHAT is the description of the file as JSON. It is the command of an edge, which sees to it that OBJECT is there.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseJson, plainBlock, UserError } from '../../engine/index.ts'
import { readElf } from './elf.ts'
import { type GoFile, goFile } from './gofile.ts'

const [, , object = '', what = ''] = process.argv

try {
  const elf = readElf(readFileSync(object))
  if (elf === undefined) throw new UserError({ what: `${object} is not an object of 64 bits` })
  process.stdout.write(goFile(elf, parseJson(what) as GoFile))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  process.stderr.write(`${plainBlock(error.block)}\n`)
  process.exitCode = 1
}
