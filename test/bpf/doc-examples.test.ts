// Every public name has a doc comment with an example, and every example is sound TypeScript.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { globbySync } from 'globby'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { repository, Tree } from '../support/tree.ts'

const rooms = ['tasks/bpf', 'tasks/engine'] as const
type Room = (typeof rooms)[number]

/** The names that a door lets through, by the file that declares them. */
function publicNames(room: Room): Map<string, string[]> {
  const door = readFileSync(`${repository}/${room}/index.ts`, 'utf8')
  const names = new Map<string, string[]>()
  for (const [, list = '', file = ''] of door.matchAll(
    /^export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/gm,
  )) {
    const own = list.split(',').map((name) => name.replace(/^\s*(type )?/, '').trim())
    names.set(file, [...(names.get(file) ?? []), ...own.filter((name) => name !== '')])
  }
  return names
}

/** The comment right above a declaration. */
function commentOn(text: string, declaration: RegExp): string | undefined {
  const at = declaration.exec(text)?.index
  if (at === undefined) return undefined
  return /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n$/.exec(text.slice(0, at))?.[1]
}

/** The code of the examples in doc comments, each with where it is. */
function examples(): { readonly where: string; readonly code: string }[] {
  const files = rooms.flatMap((room) => globbySync(`${room}/*.ts`, { cwd: repository }))
  return files.flatMap((file) => {
    const text = readFileSync(`${repository}/${file}`, 'utf8')
    return [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\//g)].flatMap(([, comment = '']) =>
      [...comment.matchAll(/@example\n([\s\S]*?)(?=\n\s*\* @|\n?\s*$)/g)].map(([, code = '']) => ({
        where: file,
        code: code.replace(/^\s*\* ?/gm, ''),
      })),
    )
  })
}

/** TypeScript blocks of a page. */
function blocks(page: string): { readonly where: string; readonly code: string }[] {
  const text = readFileSync(`${repository}/${page}`, 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => ({
    where: page,
    code,
  }))
}

/** What declares a name; of the engine, whose types are parts of its functions, only what runs. */
const kinds: Readonly<Record<Room, string>> = {
  'tasks/bpf': 'function|const|interface|type|class',
  'tasks/engine': 'function|const|class',
}

test('every name that a door lets through is documented, with an example', () => {
  const lacking = rooms.flatMap((room) =>
    [...publicNames(room)].flatMap(([file, names]) => {
      const text = readFileSync(`${repository}/${room}/${file}`, 'utf8')
      return names.filter((name) => {
        const declared = new RegExp(`^export (async )?(${kinds[room]}) ${name}\\b`, 'm')
        if (!declared.test(text) && room === 'tasks/engine') return false
        return commentOn(text, declared)?.includes('@example') !== true
      })
    }),
  )
  assert.equal(lacking, [])
})

test('every example is sound TypeScript', () => {
  using tree = new Tree()
  const names = (room: Room) => [...publicNames(room).values()].flat().join(', ')
  const all = [...examples(), ...blocks('doc/trees.md')]
  assert.ok(all.length > 40, `only ${all.length} examples were found`)
  for (const [index, { where, code }] of all.entries()) {
    const given = [
      [/\bbpf\b/, /\b(const|let) bpf\b/, "const bpf = bpfRules({ out: 'build' })"],
      [/\btools\b/, /\bconst tools\b/, "const tools = bpf.tools('*.bpf.c')"],
      [/\blibcap\b/, /\bconst libcap\b/, "const libcap = fileFeature('x')"],
      [/\bblazesym\b/, /\bconst blazesym\b/, "const blazesym = fileFeature('x')"],
    ] as const
    const missing = given.flatMap(([used, declared, line]) =>
      used.test(code) && !declared.test(code) ? [line] : [],
    )
    if (
      missing.some((line) => line.includes(' bpf.')) &&
      !/const bpf/.test(missing.join() + code)
    ) {
      missing.unshift("const bpf = bpfRules({ out: 'build' })")
    }
    tree.write(
      `example${index}.ts`,
      [
        `// ${where}`,
        `import { ${names('tasks/engine')} } from '${repository}/tasks/engine/index.ts'`,
        `import { ${names('tasks/bpf')} } from '${repository}/tasks/bpf/index.ts'`,
        ...missing,
        code.replace(/^import .*$/gm, ''),
        'export {}',
      ].join('\n'),
    )
  }
  tree.write(
    'tsconfig.json',
    JSON.stringify({
      extends: `${repository}/tsconfig.json`,
      compilerOptions: {
        noUnusedLocals: false,
        verbatimModuleSyntax: false,
        typeRoots: [`${repository}/node_modules/@types`],
      },
      include: ['*.ts'],
    }),
  )
  const { status, stdout } = spawnSync(`${repository}/node_modules/.bin/tsc`, ['--noEmit'], {
    cwd: tree.root,
    encoding: 'utf8',
  })
  const told = [...stdout.matchAll(/^example(\d+)\.ts/gm)].map(([, index]) => all[Number(index)])
  assert.is(status, 0, `${stdout}\n${told.map((one) => `${one?.where}:\n${one?.code}`).join('\n')}`)
})

test.run()
