/** The text of a policy file: a YAML map from the names of rules to rules. */
import { isAlias, isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document, type Node, type Pair } from 'yaml'
import { NEVER, type Check } from './checks.ts'
import { parseRule } from './language.ts'
import type { GivenRule } from './policy.ts'

/** The rules of one file. */
export interface PolicyText {
  readonly rules: ReadonlyMap<string, GivenRule>
  /** One line each, with the place. */
  readonly problems: readonly string[]
}

/**
 * An exclamation mark without quotes is YAML's own sign: the rule "!" would become an empty one,
 * which is its opposite.
 */
function hasTag(node: Node): boolean {
  let found = false
  visit(node, {
    Node(_, { tag }) {
      if (tag === undefined) return undefined
      found = true
      return visit.BREAK
    },
  })
  return found
}

/** A rule as plain values; null for what cannot be one, such as a reference to nothing. */
function plain(node: unknown, document: Document): unknown {
  try {
    return isCollection(node) || isScalar(node) ? node.toJS(document) as unknown : null
  } catch {
    return null
  }
}

/** Reads the text of a policy file. An empty one has no rules. */
export function parsePolicy(content: string, file: string): PolicyText {
  const lines = new LineCounter()
  // YAML 1.1 is what the policy files of other services are read as.
  const document: Document = parseDocument(content, { version: '1.1', merge: false, lineCounter: lines, prettyErrors: false })
  const rules = new Map<string, GivenRule>()
  const problems: string[] = []

  function placeOf(offset: number): string {
    const { line, col } = lines.linePos(offset)
    return `${file}:${String(line)}:${String(col)}`
  }

  function startOf(node: unknown): number {
    return isNode(node) ? node.range?.[0] ?? 0 : 0
  }

  function readRule(name: string, node: unknown, place: string): Check {
    if (isNode(node) && hasTag(node)) {
      problems.push(`${place}: ${name}: expected a text in quotes, because it begins with "!"`)
      return NEVER
    }
    const { check, problems: found } = parseRule(plain(node, document))
    for (const { at, text } of found) problems.push(`${place}: ${name}: ${at === null ? '' : `at character ${String(at)} of the rule: `}${text}`)
    return check
  }

  function readPair({ key, value }: Pair): void {
    const origin = placeOf(startOf(key))
    if (!isScalar(key) || typeof key.value !== 'string') problems.push(`${origin}: expected the name of a rule`)
    else rules.set(key.value, { check: readRule(key.value, isAlias(value) ? value.resolve(document) : value, placeOf(startOf(value ?? key))), origin })
  }

  for (const { pos, message } of [...document.errors, ...document.warnings]) problems.push(`${placeOf(pos[0])}: ${message}`)
  const { contents } = document
  if (isMap(contents)) contents.items.forEach(readPair)
  else if (contents !== null && !(isScalar(contents) && contents.value === null)) problems.push(`${file}: expected a map from the names of rules to rules`)
  return { rules, problems }
}
