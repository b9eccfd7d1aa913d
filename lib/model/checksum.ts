/**
 * Checksums of message bodies: MD5 over the body as Python prints JSON (api-v2.md 6.1), so that clients of the reference can compare
 * them. They find mistakes, not malice.
 */
import { createHash } from 'node:crypto'
import { parseJson, type JsonNode, type JsonText } from './json.ts'

/** The checksum of a body, as it is shown; null for a body of null, which has none. */
export function checksumOf(body: JsonText): string | null {
  return body === 'null' ? null : `MD5:${createHash('md5').update(printPython(body)).digest('hex')}`
}

/** A JSON text as Python's `json.dumps(json.loads(text))` prints it: the last of duplicate keys counts, where the first stood. */
export function printPython(text: JsonText): string {
  return print(parseJson(text, Infinity))
}

function print(node: JsonNode): string {
  switch (node.kind) {
    case 'object': return `{${[...node.members].map(([key, value]) => `${printString(key)}: ${print(value)}`).join(', ')}}`
    case 'array': return `[${node.elements.map(print).join(', ')}]`
    case 'string': return printString(JSON.parse(node.text) as string)
    case 'integer': return node.text === '-0' ? '0' : node.text
    case 'number': return printFloat(Number(node.text))
    case 'literal': return node.text
  }
}

/** All that is not plain ASCII is escaped, half by half beyond the basic plane. */
function printString(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Where Python begins to print floats with an exponent: JavaScript prints the same digits, but goes on longer without one. */
const MIN_PLAIN = 1e-4
const MAX_PLAIN = 1e16

function printFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  const size = Math.abs(value)
  if (size !== 0 && (size < MIN_PLAIN || size >= MAX_PLAIN)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`
  }
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}
