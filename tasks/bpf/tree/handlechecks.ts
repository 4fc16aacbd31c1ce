// Checks which rule made the handles that a rule is given. What comes from elsewhere may not say.
import { described, type Edge, wrong } from '../../engine/index.ts'

/** What makes a BPF object. */
export const bpfObjectRules = ['BPF', 'GENOBJ', 'STRIP'] as const

/** What is surely not linked into user space. */
export const notLinked = [
  ...bpfObjectRules,
  ...['SKEL', 'LINK', 'PLUGIN', 'BTF', 'MINBTF', 'BC'],
] as const

/**
 * What is made by a function of the rules knows its rule; a derived value is looked at when it is known.
 * @throws UserError for one of another rule
 */
export function mustBe(what: string, edges: readonly unknown[], rules: readonly string[]): void {
  if (!Array.isArray(edges)) throw wrong(`${what}: not a list`, [['given', described(edges)]])
  for (const one of edges) {
    const rule = (one as Partial<Edge> | undefined)?.rule
    if ((one as { kind?: unknown } | undefined)?.kind === 'derived') continue
    if (rule !== undefined && rules.includes(rule)) continue
    throw wrong(`${what} is not what is needed here`, [
      ['given', described(one)],
      ['needed', rules.join(' or ')],
    ])
  }
}

/**
 * A custom rule makes objects and archives too, so what is refused is what is surely none.
 * @throws UserError for one of these rules
 */
export function mustNotBe(what: string, edges: readonly unknown[], rules: readonly string[]): void {
  for (const one of edges) {
    const rule = (one as Partial<Edge> | undefined)?.rule
    if (rule === undefined || !rules.includes(rule)) continue
    throw wrong(`${what} is not an object of user space`, [['given', described(one)]])
  }
}
