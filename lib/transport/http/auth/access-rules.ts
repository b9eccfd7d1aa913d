/**
 * What an application credential restricts itself to: methods and paths of one service. Patterns are matched by following all
 * their positions at once, so that no pattern of a client makes the service search for long.
 */

/** One thing that is allowed. */
export interface AccessRule {
  readonly method: string
  readonly path: readonly Part[]
}

/** A piece of a path pattern: a character, some of one segment (`*`, `{name}`), or anything (`**`). */
type Part = { readonly kind: 'character'; readonly code: number } | { readonly kind: 'segment' } | { readonly kind: 'anything' }

const SLASH = 0x2f
const PIECES = /\{[^}]*\}|\*\*|\*|[^]/gu
/** Longer paths are no paths of this service. */
const MAX_PATH = 2048

/** Reads the rules of a token that are about a service. What is not understood allows nothing. */
export function compileRules(rules: readonly unknown[], service: string): readonly AccessRule[] {
  return rules.flatMap((rule): readonly AccessRule[] => {
    if (typeof rule !== 'object' || rule === null) return []
    const { service: of, method, path } = rule as { readonly service?: unknown; readonly method?: unknown; readonly path?: unknown }
    return of === service && typeof method === 'string' && typeof path === 'string' ? [{ method, path: compile(path) }] : []
  })
}

function compile(pattern: string): readonly Part[] {
  return (pattern.match(PIECES) ?? []).flatMap((piece): readonly Part[] => {
    if (piece === '**') return [{ kind: 'anything' }]
    if (piece === '*' || (piece.startsWith('{') && piece.length > 1)) return [{ kind: 'segment' }]
    return piece.split('').map(unit => ({ kind: 'character', code: unit.charCodeAt(0) }))
  })
}

/** Whether one of the rules allows a request. The query of its address does not matter. */
export function allows(rules: readonly AccessRule[], method: string, path: string): boolean {
  return path.length <= MAX_PATH && rules.some(rule => rule.method === method && matches(rule.path, path))
}

/** Whether the whole path fits the whole pattern. */
function matches(parts: readonly Part[], path: string): boolean {
  let here = reach(parts, new Set([0]))
  for (let at = 0; at < path.length && here.size > 0; at++) here = reach(parts, step(parts, here, path.charCodeAt(at)))
  return here.has(parts.length)
}

/** Where one character leads from some positions. A segment that has begun is told from one that has not by a half. */
function step(parts: readonly Part[], from: ReadonlySet<number>, code: number): Set<number> {
  const to = new Set<number>()
  for (const position of from) {
    const part = parts[Math.floor(position)]
    if (part === undefined) continue
    if (part.kind === 'anything') to.add(position)
    else if (part.kind === 'character') {
      if (part.code === code) to.add(position + 1)
    } else if (code !== SLASH) to.add(Math.floor(position) + 0.5)
  }
  return to
}

/** Adds the positions that need no character: behind `**`, and behind a segment that has begun. */
function reach(parts: readonly Part[], from: Set<number>): Set<number> {
  // a set is walked in the order of insertion, what is added on the way included
  for (const position of from) {
    if (!Number.isInteger(position)) from.add(Math.floor(position) + 1)
    else if (parts[position]?.kind === 'anything') from.add(position + 1)
  }
  return from
}
