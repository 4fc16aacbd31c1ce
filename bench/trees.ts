// Trees of any size, the same for every tool: sources, headers, and what makes each tool build them.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomNumbers } from './random.ts'

/** More would say nothing new and fill disks. */
export const MOST_EDGES = 100_000

const repository = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

/** Stands in a template of JavaScript for the number of the edge. */
const AT = '$' + '{at}'

/** Where each tool leaves what it makes. */
export const outputs = { ours: 'build', make: 'make', ninja: 'ninja' } as const
export type Tool = keyof typeof outputs

/** A tree of `edges` sources, each of which reads one header that all share and twenty others. */
export class BenchTree {
  readonly root: string
  readonly edges: number
  readonly #compiler: string
  #changes = 0

  /** @param seed gives the sources; the same seed, the same tree */
  constructor(root: string, edges: number, compiler: string, seed: number) {
    if (!Number.isInteger(edges) || edges < 1 || edges > MOST_EDGES) {
      throw new Error(`a tree has 1 to ${MOST_EDGES} edges, not ${edges}`)
    }
    this.root = root
    this.edges = edges
    this.#compiler = compiler
    const random = randomNumbers(seed)
    fs.rmSync(root, { recursive: true, force: true })
    for (const folder of ['source', 'include', 'bare', ...Object.values(outputs)]) {
      fs.mkdirSync(join(root, folder), { recursive: true })
    }
    fs.symlinkSync(`${repository}/node_modules`, join(root, 'node_modules'))
    this.#write('package.json', '{ "type": "module" }\n')
    this.#write('include/all.h', '// all\n')
    for (let at = 0; at < edges; at++) {
      this.#write(`source/f${at}.c`, `int f${at} = ${random(1 << 30)};\n`)
      this.#write(`include/h${at}.h`, `#define H${at} ${random(1 << 30)}\n`)
    }
    this.#write('tasks.ts', this.#tasks())
    this.#write('Makefile', this.#makefile())
    this.writeNinja('0')
  }

  /** As if never built, for one tool. */
  clean(tool: Tool): void {
    fs.rmSync(join(this.root, outputs[tool]), { recursive: true, force: true })
    for (const path of tool === 'ninja' ? ['.ninja_log', '.ninja_deps'] : []) {
      fs.rmSync(join(this.root, path), { force: true })
    }
    fs.mkdirSync(join(this.root, outputs[tool]))
  }

  /** Gives a file a content and a size that it never had. */
  change(path: string): void {
    fs.appendFileSync(join(this.root, path), `// ${this.#changes++}\n`)
  }

  /** Arguments of the compiler for each edge, one to a line: what `xargs` runs without any tool. */
  bareCommands(): string {
    const lines = Array.from({ length: this.edges }, (_, at) => this.#words('bare', at, '0'))
    return `${lines.map((words) => words.slice(1).join(' ')).join('\n')}\n`
  }

  get compiler(): string {
    return this.#compiler
  }

  /** Ninja has its flags in its file. */
  writeNinja(flag: string): void {
    const lines = Array.from(
      { length: this.edges },
      (_, at) => `build ninja/f${at}.o: cc source/f${at}.c\n  n = ${at}\n`,
    )
    const command = `${this.#compiler} $in $out ninja/f$n.d $n ${this.edges} ${flag}`
    this.#write(
      'build.ninja',
      `rule cc\n  command = ${command}\n  depfile = ninja/f$n.d\n  deps = gcc\n${lines.join('')}`,
    )
  }

  #words(folder: string, at: number | string, flag: string): string[] {
    const [source, output] = [`source/f${at}.c`, `${folder}/f${at}`]
    const files = [source, `${output}.o`, `${output}.d`]
    return [this.#compiler, ...files, `${at}`, `${this.edges}`, flag]
  }

  #tasks(): string {
    const words = this.#words('build', AT, '').slice(1, 4)
    const [source, object, depfile] = words.map((word) => `\`${word}\``)
    return `import { edge, main, setting, task } from '${repository}/tasks/engine/index.ts'
const FLAG = setting('FLAG', 'a flag', '0')
const edges = Array.from({ length: ${this.edges} }, (_, at) =>
  edge({
    rule: 'CC',
    outputs: [${object}],
    inputs: [${source}],
    depfile: ${depfile},
    command: ['${this.#compiler}', ${source}, ${object}, ${depfile}, \`\${at}\`, '${this.edges}', FLAG],
  }),
)
await main({ build: task('Build all', edges) }, { settings: [FLAG] })
`
  }

  #makefile(): string {
    return `FLAG = 0
SOURCES := $(wildcard source/*.c)
OBJECTS := $(SOURCES:source/%.c=make/%.o)
all: $(OBJECTS)
make/%.o: source/%.c
	@${this.#compiler} $< $@ make/$*.d $(patsubst f%,%,$*) ${this.edges} $(FLAG)
-include $(OBJECTS:.o=.d)
.PHONY: all
`
  }

  #write(path: string, text: string): void {
    fs.writeFileSync(join(this.root, path), text)
  }
}
