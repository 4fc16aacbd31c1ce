// The licences of packages that are a part of `dist`.
import * as fs from 'node:fs'
import { join } from 'node:path'

/**
 * @param files paths below the root of all that was put in
 * @throws where one of their packages has no licence
 */
export function licencesOf(files: readonly string[], root: string): string {
  const folders = new Set(
    files.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []),
  )
  const texts = [...folders].sort().map((folder) => {
    const file = fs.readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name))
    if (file === undefined) throw new Error(`${folder} has no licence`)
    const read = (name: string): string => fs.readFileSync(join(root, folder, name), 'utf8')
    const { name, version } = JSON.parse(read('package.json'))
    return `${name} ${version}\n\n${read(file).trim()}\n`
  })
  return texts.join(`\n${'-'.repeat(72)}\n\n`)
}
