/** Single checks of a policy rule, such as `role:admin`. */

/** One rule as a tree. */
export type Check =
  | { readonly kind: 'always' | 'never' }
  /** The caller has the role; the name is in lower case. */
  | { readonly kind: 'role'; readonly role: string }
  /** Another rule allows it. */
  | { readonly kind: 'rule'; readonly rule: string }
  /** The caller has the attribute, and its text is this; of a list, one item. */
  | { readonly kind: 'attribute'; readonly name: Attribute; readonly text: string }
  | { readonly kind: 'not'; readonly of: Check }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Check[] }

/** What a rule may ask of a caller besides its roles, under the names of oslo.policy's credentials. */
const ATTRIBUTES = ['user_id', 'project_id', 'roles', 'is_admin', 'is_admin_project', 'system_scope'] as const
export type Attribute = (typeof ATTRIBUTES)[number]

export const ALWAYS: Check = { kind: 'always' }
export const NEVER: Check = { kind: 'never' }

/** What a text comes to with its `%(name)s` filled in. */
type Filled = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'nothing' | 'bad' }

/** Fills in from the target, which is always empty: whatever is named there is not found. */
function fill(pattern: string): Filled {
  let text = ''
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '%' && pattern.charAt(++at) !== '%') return isClosed(pattern, at) ? { kind: 'nothing' } : { kind: 'bad' }
    text += character
  }
  return { kind: 'text', text }
}

/** Whether a parenthesis opens here that is closed again. */
function isClosed(text: string, from: number): boolean {
  if (text.charAt(from) !== '(') return false
  let open = 0
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === '(') open++
    else if (text.charAt(at) === ')') open--
    if (open === 0) return true
  }
  return false
}

/** The text of a constant that stands before the colon; null if none does. */
function constantOf(kind: string): string | null {
  const quoted = /^(?:'([^'"\\\r\n]*)'|"([^'"\\\r\n]*)")$/.exec(kind)
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? ''
  return /^(?:True|False|None|0|[1-9][0-9]{0,14})$/.test(kind) ? kind : null
}

function attributeOf(kind: string): Attribute | null {
  return ATTRIBUTES.find(name => name === kind) ?? null
}

/** The check that a kind makes of a filled-in text; null for an unknown kind. */
function makeCheck(kind: string): ((text: string) => Check) | null {
  if (kind === 'role') return text => ({ kind: 'role', role: text.toLowerCase() })
  const constant = constantOf(kind)
  if (constant !== null) return text => constant === text ? ALWAYS : NEVER
  const name = attributeOf(kind)
  return name === null ? null : text => ({ kind: 'attribute', name, text })
}

/** Reads one check. One that cannot be read allows nothing, and `report` hears why. */
export function parseCheck(source: string, report: (text: string) => void): Check {
  if (source === '@') return ALWAYS
  if (source === '!') return NEVER
  const colon = source.indexOf(':')
  const [kind, value] = [source.slice(0, colon), source.slice(colon + 1)]
  const deny = (why: string): Check => {
    report(`${source}: ${why}`)
    return NEVER
  }
  if (colon < 0) return deny('expected a check of the form kind:value, or @ or !')
  if (kind === 'rule') return { kind: 'rule', rule: value }
  const make = makeCheck(kind)
  if (make === null) return deny(`expected one of these before the colon: role, rule, ${ATTRIBUTES.join(', ')}, or a constant`)
  const filled = fill(value)
  if (filled.kind === 'bad') return deny('expected %(name)s after the colon; a percent sign is written %%')
  return filled.kind === 'text' ? make(filled.text) : NEVER
}
