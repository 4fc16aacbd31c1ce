// A machine with every tool, on which edges are evaluated without being run: words, files, folders.
import { basename } from 'node:path'
import { Answers } from '../../tasks/engine/answer/answers.ts'
import type { CommandQuestion } from '../../tasks/engine/answer/question.ts'
import type { AnswerOf, Arg, Askable, File, Input } from '../../tasks/engine/declare/edge.ts'
import { FakeDisk, fakeWorld } from './fakeworld.ts'

/** Where the compilers of this machine look for headers. */
export const SYSTEM = '/usr/include'
/** Where clang does. */
export const CLANG_SYSTEM = '/usr/lib/clang/include'
/** The libbpf.a that the compiler finds. */
export const ARCHIVE = '/usr/lib/libbpf.a'

const TOOLS = ['cc', 'c++', 'ar', 'clang', 'bpftool', 'llvm-strip', 'llc', 'pkg-config', 'node']

/** What probes answer, by the beginning of their names. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  'version of': ['ok', '1.0'],
  'parts of': [],
  'target of the compiler': ['x86_64-linux-gnu'],
  'clang knows the BPF target': [],
  'system header folders of clang': [CLANG_SYSTEM],
  'header folders of': [SYSTEM],
  'libbpf to link with': [ARCHIVE],
  'bpftool makes skeletons': [],
  feature: [],
  'folders of pkg-config': ['/usr/lib/pkgconfig'],
  'the linker writes a dependency file': [],
}

class MachineDisk extends FakeDisk {
  override isExecutable(path: string): boolean {
    return this.files.has(path)
  }
  override realPath(path: string): string | undefined {
    return this.files.has(path) ? path : undefined
  }
  override read(path: string): Buffer | undefined {
    const file = this.files.get(path)
    return file === undefined ? undefined : Buffer.from(file.content)
  }
  override list(): string[] {
    return []
  }
}

export class FakeMachine {
  readonly disk = new MachineDisk()
  /** NAME=VALUE of the command line. */
  readonly settings: Record<string, string> = {}
  /** Answers of probes that are other than usual, by the beginning of their names. */
  readonly says: Record<string, readonly string[]> = {}

  constructor() {
    for (const name of TOOLS) this.disk.put(`/bin/${name}`, 'a program')
    this.putLibbpf(SYSTEM, '1.5')
    this.disk.put('/usr/lib/pkgconfig/libbpf.pc', 'Version: 1.5.0\n')
  }

  /** Headers of libbpf; without a version as releases before 0.7 had them. */
  putLibbpf(folder: string, version?: string): void {
    this.disk.put(`${folder}/bpf/libbpf.h`, '')
    if (version === undefined) return
    const [major, minor] = version.split('.')
    this.disk.put(
      `${folder}/bpf/libbpf_version.h`,
      `#define LIBBPF_MAJOR_VERSION ${major}\n#define LIBBPF_MINOR_VERSION ${minor}\n`,
    )
  }

  /** The words of a command; tools by the names of their programs. */
  words(arg: Arg): string[] {
    return this.#answers().words(arg, (_, { path }) => [basename(path)])
  }

  /** Paths of inputs. */
  paths(inputs: Input): string[] {
    return this.#answers()
      .files(inputs)
      .map(({ path }) => path)
  }

  /** The files of inputs, made ones with their edges. */
  files(inputs: Input): readonly File[] {
    return this.#answers().files(inputs)
  }

  ask<A extends Askable>(what: A): AnswerOf<A> {
    return this.#answers().ask(what)
  }

  #answers(): Answers {
    return new Answers(
      fakeWorld({
        disk: this.disk,
        path: ['/bin'],
        setting: (name) => this.settings[name],
        glob: (patterns) => this.#matching(patterns),
        remembered: (question) => this.#answer(question),
      }),
    )
  }

  #matching(patterns: readonly string[]): readonly string[] {
    const expressions = patterns.map(expressionOf)
    return [...this.disk.files.keys()]
      .filter((path) => expressions.some((expression) => expression.test(path)))
      .sort()
  }

  #answer({ key }: CommandQuestion): readonly string[] {
    for (const answers of [this.says, ANSWERS]) {
      const name = Object.keys(answers).find((start) => key.startsWith(start))
      if (name !== undefined) return answers[name] ?? []
    }
    throw new Error(`the test does not say what ${key} answers`)
  }
}

/** A pattern with `*` and `{a,b}`; what a backslash precedes stands for itself. */
function expressionOf(pattern: string): RegExp {
  const text = pattern.replace(/\\(.)|\{([^}]*)\}|\*|[.+?^$()[\]|\\]/g, (part, plain, words) => {
    if (plain !== undefined) return `\\${plain}`
    if (words !== undefined) return `(${words.replaceAll(',', '|')})`
    return part === '*' ? '[^/]*' : `\\${part}`
  })
  return new RegExp(`^${text}$`)
}
