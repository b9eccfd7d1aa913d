/**
 * White space as Python's `str.strip` knows it, since the file dialect and the value types are Python's. JavaScript's own
 * `trim` differs: it takes a byte order mark and leaves some control characters.
 */
const ONLY_PYTHON = '\u001c\u001d\u001e\u001f\u0085'

function isSpace(character: string): boolean {
  return ONLY_PYTHON.includes(character) || (character !== '\uFEFF' && character.trim() === '')
}

/** Without the white space at its start. */
export function stripStart(text: string): string {
  let start = 0
  while (start < text.length && isSpace(text.charAt(start))) start++
  return text.slice(start)
}

/** Without the white space at its end. */
export function stripEnd(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** Without the white space at both ends. */
export function strip(text: string): string {
  return stripStart(stripEnd(text))
}
