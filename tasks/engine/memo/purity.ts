// Decides whether a module depends on anything besides itself and its imports. Reads the syntax tree and
// allows only what is listed here. Opens no file. It cannot see a property name that is computed at run time.
import type { Node } from 'acorn'

/** Globals that behave alike in every run. */
const GLOBALS =
  words(`undefined NaN Infinity isNaN isFinite parseInt parseFloat Array String Number Boolean
  BigInt Symbol Map Set WeakMap WeakSet RegExp Promise Error RangeError TypeError URL URLSearchParams JSON
  encodeURI encodeURIComponent decodeURI decodeURIComponent`)

/** Members of globals that behave alike in every run. Their owners may not be used in another way. */
const MEMBERS: Readonly<Record<string, ReadonlySet<string>>> = {
  Math: words(
    `PI E abs ceil floor round trunc sign min max pow sqrt cbrt log log2 log10 exp hypot`,
  ),
  Object: words(`keys values entries fromEntries assign freeze isFrozen hasOwn is groupBy`),
}

/** Property names that lead to code evaluation, to the call stack or to the locale. */
const LEADS_OUT = /^(?:constructor|__proto__|prototype|callee|caller|\w*stack\w*|\w*locale\w*)$/i

/** Members of `import.meta` that depend only on where the module is. */
const OF_MODULE = words('url dirname filename')

/** Nodes that are pure if their parts are. */
const TRANSPARENT = words(`ExpressionStatement EmptyStatement ReturnStatement IfStatement SwitchCase
  WhileStatement DoWhileStatement ThrowStatement TryStatement VariableDeclarator ClassBody ObjectExpression
  ArrayExpression SpreadElement RestElement ObjectPattern ArrayPattern AssignmentPattern UnaryExpression
  UpdateExpression BinaryExpression LogicalExpression AssignmentExpression ConditionalExpression
  CallExpression NewExpression SequenceExpression ChainExpression AwaitExpression YieldExpression
  TaggedTemplateExpression ParenthesizedExpression Super PrivateIdentifier ExportDefaultDeclaration
  TSAsExpression TSSatisfiesExpression TSNonNullExpression`)

/** Parts of a node that are types. They do not exist at run time. */
const TYPES =
  words(`typeAnnotation typeParameters typeArguments returnType superTypeParameters implements
  superTypeArguments`)

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/))
}

export type Purity =
  | { readonly isPure: true; readonly imports: readonly string[] }
  | { readonly isPure: false; readonly because: string }

/** Judges the text of a module, and lists its imports. */
export async function purityOf(text: string): Promise<Purity> {
  const [{ Parser }, { tsPlugin }] = await Promise.all([
    import('acorn'),
    import('@sveltejs/acorn-typescript'),
  ])
  const parser = Parser.extend(tsPlugin() as unknown as Parameters<typeof Parser.extend>[0])
  let tree: Node
  try {
    const options = { ecmaVersion: 'latest', sourceType: 'module', locations: true } as const
    tree = parser.parse(text, options)
  } catch (error) {
    if (error instanceof SyntaxError) return { isPure: false, because: error.message }
    throw error
  }
  const reader = new Reader()
  reader.visit(tree)
  const { because, imports } = reader
  return because === undefined ? { isPure: true, imports } : { isPure: false, because }
}

/** A node of the syntax tree. */
type Part = Readonly<Record<string, unknown>> & { readonly type: string }

function isPart(value: unknown): value is Part {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
  )
}

class Reader {
  readonly imports: string[] = []
  /** The first thing found that is not allowed. */
  because: string | undefined
  readonly #scopes: ReadonlySet<string>[] = []
  /** How many class bodies enclose this node: inside them, `this` is an object of the module. */
  #classes = 0

  visit(value: unknown): void {
    if (this.because !== undefined) return
    if (Array.isArray(value)) for (const part of value) this.visit(part)
    else if (isPart(value)) this.#node(value)
  }

  #refuse(because: string): void {
    this.because ??= because
  }

  #parts(node: Part): void {
    for (const [name, part] of Object.entries(node)) if (!TYPES.has(name)) this.visit(part)
  }

  #within(names: readonly string[], parts: readonly unknown[]): void {
    this.#scopes.push(new Set(names))
    for (const part of parts) this.visit(part)
    this.#scopes.pop()
  }

  #isBound(name: string): boolean {
    return this.#scopes.some((names) => names.has(name))
  }

  #node(node: Part): void {
    // `declare const x`, `interface`, `type`: none of it runs.
    if (node['declare'] === true || node.type === 'TSInterfaceDeclaration') return
    if (Array.isArray(node['decorators']) && node['decorators'].length > 0) {
      this.#refuse('a decorator')
      return
    }
    switch (node.type) {
      case 'TSTypeAliasDeclaration':
      case 'TSDeclareFunction':
        return
      case 'Identifier': {
        const name = String(node['name'])
        if (!this.#isBound(name) && !GLOBALS.has(name)) this.#refuse(name)
        return
      }
      case 'Literal':
        if (typeof node['value'] === 'string') this.#name(node['value'])
        return
      case 'TemplateLiteral':
        for (const quasi of node['quasis'] as readonly Part[])
          this.#name((quasi['value'] as { readonly cooked?: string | null }).cooked ?? 'stack')
        this.visit(node['expressions'])
        return
      case 'ThisExpression':
        if (this.#classes === 0) this.#refuse('this')
        return
      case 'MemberExpression':
        this.#member(node)
        return
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        this.#property(node)
        return
      case 'ImportDeclaration':
        this.#importDeclaration(node)
        return
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (node['exportKind'] === 'type') return
        if (isPart(node['source'])) this.#addImport(node['source']['value'])
        else this.visit(node['declaration'])
        return
      case 'ImportExpression': {
        const source = node['source']
        if (isPart(source) && source.type === 'Literal' && !node['options'])
          this.#addImport(source['value'])
        else this.#refuse('a computed import')
        return
      }
      case 'LabeledStatement':
        this.visit(node['body'])
        return
      case 'BreakStatement':
      case 'ContinueStatement':
        return
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression': {
        const parameters = node['params'] as readonly unknown[]
        const own = isPart(node['id']) ? boundBy(node['id']) : []
        this.#within([...own, ...parameters.flatMap(boundBy)], [parameters, node['body']])
        return
      }
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.visit(node['superClass'])
        this.#classes++
        this.#within(isPart(node['id']) ? boundBy(node['id']) : [], [node['body']])
        this.#classes--
        return
      case 'VariableDeclaration':
        if (/^(?:const|let|var)$/.test(String(node['kind']))) this.visit(node['declarations'])
        else this.#refuse(String(node['kind']))
        return
      case 'CatchClause':
        this.#within(boundBy(node['param']), [node['param'], node['body']])
        return
      case 'ForStatement':
        this.#within(declaredBy(node['init']), [
          node['init'],
          node['test'],
          node['update'],
          node['body'],
        ])
        return
      case 'ForInStatement':
      case 'ForOfStatement':
        this.#within(declaredBy(node['left']), [node['left'], node['right'], node['body']])
        return
      case 'Program':
      case 'BlockStatement':
      case 'StaticBlock':
        this.#within((node['body'] as readonly unknown[]).flatMap(declaredBy), [node['body']])
        return
      case 'SwitchStatement': {
        this.visit(node['discriminant'])
        const cases = node['cases'] as readonly Part[]
        const statements = cases.flatMap((one) => one['consequent'] as readonly unknown[])
        this.#within(statements.flatMap(declaredBy), [cases])
        return
      }
      default:
        if (TRANSPARENT.has(node.type)) this.#parts(node)
        else this.#refuse(node.type)
    }
  }

  #member({ object, property, computed }: Part): void {
    if (computed === true) this.visit(property)
    else if (isPart(property) && property.type === 'Identifier') {
      const name = String(property['name'])
      this.#name(name)
      if (isPart(object) && object.type === 'MetaProperty' && OF_MODULE.has(name)) return
      if (isPart(object) && object.type === 'Identifier') {
        const owner = String(object['name'])
        if (!this.#isBound(owner) && MEMBERS[owner]?.has(name) === true) return
      }
    }
    this.visit(object)
  }

  #property(node: Part): void {
    const { key, computed, value, kind } = node
    if (computed === true || !isPart(key) || key.type !== 'Identifier') this.visit(key)
    // Declaring a constructor gives no access to another one.
    else if (node.type !== 'MethodDefinition' || kind !== 'constructor')
      this.#name(String(key['name']))
    this.visit(value)
  }

  #importDeclaration({ importKind, specifiers, source }: Part): void {
    if (importKind === 'type') return
    for (const specifier of specifiers as readonly Part[]) {
      const { imported } = specifier
      if (isPart(imported)) this.#name(String(imported['name'] ?? imported['value']))
    }
    if (isPart(source)) this.#addImport(source['value'])
  }

  /** Refuses names that lead out, and `loadLimits`, which our doors export and which reads the machine. */
  #name(name: string): void {
    if (LEADS_OUT.test(name) || name === 'loadLimits') this.#refuse(name)
  }

  #addImport(name: unknown): void {
    if (typeof name === 'string') this.imports.push(name)
    else this.#refuse('import')
  }
}

/**
 * The names that a statement declares in its block. Type-only declarations bind nothing at run time: after
 * `declare const process` the name still means the global.
 */
function declaredBy(statement: unknown): string[] {
  if (!isPart(statement) || isTypeOnly(statement)) return []
  switch (statement.type) {
    case 'VariableDeclaration':
      return (statement['declarations'] as readonly Part[]).flatMap(({ id }) => boundBy(id))
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return boundBy(statement['id'])
    case 'ImportDeclaration':
      return (statement['specifiers'] as readonly Part[])
        .filter((specifier) => !isTypeOnly(specifier))
        .flatMap(({ local }) => boundBy(local))
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return declaredBy(statement['declaration'])
    default:
      return []
  }
}

function isTypeOnly({ declare, importKind, exportKind }: Part): boolean {
  return declare === true || importKind === 'type' || exportKind === 'type'
}

/** The names that a pattern binds. */
function boundBy(pattern: unknown): string[] {
  if (!isPart(pattern)) return []
  switch (pattern.type) {
    case 'Identifier':
      return [String(pattern['name'])]
    case 'ObjectPattern':
      return (pattern['properties'] as readonly Part[]).flatMap(({ value, argument }) =>
        boundBy(value ?? argument),
      )
    case 'ArrayPattern':
      return (pattern['elements'] as readonly unknown[]).flatMap(boundBy)
    case 'AssignmentPattern':
      return boundBy(pattern['left'])
    case 'RestElement':
      return boundBy(pattern['argument'])
    default:
      return []
  }
}
