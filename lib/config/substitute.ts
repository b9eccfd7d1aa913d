/**
 * References in values, as oslo.config has them: `$name` and `${name}` stand for another option, of the same group or else
 * of DEFAULT; `$group.name` and `${group.name}` for one of another group. `$$` and `\$` stand for a dollar sign. A dollar
 * sign before anything else stands for itself, so groups with a colon in their name cannot be referred to.
 */
import type { Value } from './convert.ts'

const REFERENCE = /\$(?:(\$)|([_a-z][._a-z0-9]*)|\{([_a-z][._a-z0-9]*)\})/gi

/** The text with every reference replaced by what `find` knows. */
export function substitute(text: string, find: (reference: string) => string): string {
  return text.replaceAll('\\$', '$$$$').replace(REFERENCE, (_all, dollar?: string, bare?: string, braced?: string) =>
    dollar ?? find(bare ?? braced ?? ''))
}

/** How a value reads where another value refers to it: as in oslo.config, but a list as the file writes it, not as Python does. */
export function showReferred(value: Value): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'object' ? value.join(',') : String(value)
}
