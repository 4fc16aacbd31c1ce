// Whether the text of a module can depend on nothing but itself and its imports. Opens no file.
//
// It reads tokens, not a syntax tree, and gives up where they could be read in two ways: "no" costs
// an evaluation of tasks.ts, a wrong "yes" would be a build that is missing.

/**
 * Values of the language, alike in every run, and Deno's `name`, which is empty. What else is global may
 * know of the world outside.
 */
const LANGUAGE = new Set(
  (
    'undefined NaN Infinity isNaN isFinite parseInt parseFloat Object Array String Number Boolean BigInt ' +
    'Symbol Map Set WeakMap WeakSet Iterator Promise JSON Math Reflect Proxy RegExp Error EvalError ' +
    'RangeError ReferenceError SyntaxError TypeError URIError AggregateError ArrayBuffer DataView ' +
    'Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array ' +
    'Float64Array BigInt64Array BigUint64Array URL URLSearchParams TextEncoder TextDecoder ' +
    'encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape atob btoa structuredClone name'
  ).split(' '),
)

/** What a script has that is no module, and what of ours looks at the machine. */
const OUTSIDE = new Set([
  ...['require', 'module', 'exports', 'arguments', '__dirname', '__filename'],
  'loadLimits',
])

/** By these a value leads to what evaluates text, to chance, or to the locale. */
const LEADS_OUT = /^(?:constructor|random|stack|captureStackTrace)$|locale/i

/** What `import.meta` says of where the module is. */
const PLACE = /\s*\.\s*meta\s*\.\s*(?:url|dirname|filename)\b/y

/** After these words an expression begins, so that a slash begins a pattern. */
const BEFORE_EXPRESSION = new Set(
  'return typeof instanceof in new delete void throw case do else await yield default'.split(' '),
)

const SPACE = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y
const TEXT = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const NAME = /[#$_\p{ID_Start}][$\p{ID_Continue}\u200c\u200d]*/uy
const NUMBER = /\d[\w.]*/y
const SPREAD = /\.\.\./y
/** Behind a name: then it may be the key of an object. */
const COLON = /\s*:/y
const PATTERN = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y
/** A piece of a template, to its end or to an expression in it. */
const TEMPLATE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y

/**
 * What the module imports, as it names it; undefined where it can depend on anything else, or where
 * that cannot be told.
 */
export function importsOfPure(text: string): readonly string[] | undefined {
  return new Reader(text).imports()
}

/** What stands before a token: does a slash there divide, begin a pattern, or may it do either? */
type Before = 'value' | 'expression' | 'either'

class Reader {
  readonly #text: string
  #at = 0
  #before: Before = 'expression'
  /** The last token, where it was a name or one sign. */
  #last = ''
  readonly #imports: string[] = []
  /** Of each brace that is open: does a template go on behind it? */
  readonly #braces: boolean[] = []

  constructor(text: string) {
    this.#text = text
  }

  imports(): readonly string[] | undefined {
    for (;;) {
      this.#take(SPACE)
      if (this.#at === this.#text.length)
        return this.#braces.length === 0 ? this.#imports : undefined
      if (!this.#token()) return undefined
    }
  }

  /** What the pattern takes here; undefined: it does not. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at = pattern.lastIndex
    return found
  }

  /** False where it is no good, or not clear. */
  #token(): boolean {
    const text = this.#take(TEXT)
    if (text !== undefined) return this.#string(text.slice(1, -1))
    const name = this.#take(NAME)
    if (name !== undefined) return this.#name(name)
    if (this.#take(NUMBER) !== undefined) return this.#is('value', '')
    // No dot: what follows is no property.
    if (this.#take(SPREAD) !== undefined) return this.#is('expression', '')
    const sign = this.#text[this.#at] ?? ''
    switch (sign) {
      case '\\':
      case "'":
      case '"':
        return false
      case '`':
        this.#at++
        return this.#template()
      case '/':
        if (this.#before === 'either') return false
        if (this.#before === 'value') break
        return this.#take(PATTERN) !== undefined && this.#is('value', '')
      case '{':
        this.#braces.push(false)
        break
      case '}':
        this.#at++
        return this.#braces.pop() === true ? this.#template() : this.#is('either', sign)
    }
    this.#at++
    if (sign === ']') return this.#is('value', sign)
    // `i++ / 2`, `known! / 2`, `if (so) /a/.test(b)`
    return this.#is(')!+-'.includes(sign) ? 'either' : 'expression', sign)
  }

  #is(before: Before, last: string): true {
    this.#before = before
    this.#last = last
    return true
  }

  /** Goes on in a template. */
  #template(): boolean {
    const piece = this.#take(TEMPLATE)
    if (piece === undefined) return false
    if (piece.endsWith('`')) return this.#is('value', '')
    this.#braces.push(true)
    return this.#is('expression', '')
  }

  #string(text: string): boolean {
    if (LEADS_OUT.test(text) || text.includes('\\u') || text.includes('\\x')) return false
    if (this.#last === 'from' || this.#last === 'import' || this.#last === 'dynamic') {
      this.#imports.push(text)
    }
    return this.#is('value', '')
  }

  #name(name: string): boolean {
    const isProperty = this.#last === '.'
    if (isProperty) return !LEADS_OUT.test(name) && this.#is('value', 'property')
    if (name === 'import') return this.#onImport()
    if ('{,'.includes(this.#last) && this.#last !== '' && this.#take(COLON) !== undefined) {
      return this.#is('expression', ':')
    }
    if (OUTSIDE.has(name) || (name in globalThis && !LANGUAGE.has(name))) return false
    // A word that begins an expression, and a name as well.
    if (name === 'of') return this.#is('either', name)
    return this.#is(BEFORE_EXPRESSION.has(name) ? 'expression' : 'value', name)
  }

  #onImport(): boolean {
    if (this.#take(PLACE) !== undefined) return this.#is('value', '')
    this.#take(SPACE)
    const sign = this.#text[this.#at]
    if (sign === '.') return false
    if (sign !== '(') return this.#is('expression', 'import')
    this.#at++
    this.#is('expression', 'dynamic')
    this.#take(SPACE)
    const path = this.#take(TEXT)
    this.#take(SPACE)
    // One that is put together may be any.
    return path !== undefined && this.#text[this.#at] === ')' && this.#string(path.slice(1, -1))
  }
}
