import fc from 'fast-check'
import t from 'tap'
import { MAX_DEPTH, parseJson, parseJsonBytes, type JsonNode } from '../../../lib/model/json.ts'
import { JSON_BODIES } from '../../vectors/json-bodies.ts'

const EVERYTHING = MAX_DEPTH + 1

t.test('a span is the text of its value as it came', async t => {
  for (const [name, text] of Object.entries(JSON_BODIES)) {
    for (const levels of [0, 1, 2, EVERYTHING]) {
      t.equal(parseJson(text, levels).text, text, `${name}, ${levels} levels`)
      t.equal(parseJson(` \t\r\n${text}\n `, levels).text, text, `${name} in whitespace`)
      const list = parseJson(`[ ${text} ,${text}\t]`, levels)
      t.equal(list.text, `[ ${text} ,${text}\t]`, `${name} in a list`)
      if (list.kind === 'array' && levels > 0) t.same(list.elements.map(element => element.text), [text, text], name)
      const object = parseJson(`{"a":${text} , "b" :${text}}`, levels)
      if (object.kind === 'object' && levels > 0) t.same([...object.members].map(([key, node]) => [key, node.text]), [['a', text], ['b', text]], name)
    }
  }
})

t.test('kinds', async t => {
  const kinds: Record<string, string> = {
    '1': 'integer', '-0': 'integer', '12345678901234567': 'integer', '1.0': 'number', '1e2': 'number', '1E+2': 'number', '-0.5e-3': 'number',
    '""': 'string', '"1"': 'string', 'true': 'literal', 'false': 'literal', 'null': 'literal', '{}': 'object', '[]': 'array', '{"a":{}}': 'object', '[[]]': 'array',
  }
  for (const [text, kind] of Object.entries(kinds)) {
    t.equal(parseJson(text, 0).kind, kind, text)
    t.equal(parseJson(text, 1).kind, kind, text)
  }
})

t.test('the outline ends where it is told to', async t => {
  const text = '{"a":{"b":[1]},"c":[{}]}'
  const members = (node: JsonNode | undefined) => node?.kind === 'object' ? [...node.members.keys()] : node?.kind === 'array' ? node.elements.length : null
  const root = (levels: number) => parseJson(text, levels)
  t.same(members(root(0)), [])
  t.same(members(root(1)), ['a', 'c'])
  const one = root(1)
  t.same(one.kind === 'object' && members(one.members.get('a')), [])
  t.same(one.kind === 'object' && members(one.members.get('c')), 0)
  const two = root(2)
  t.same(two.kind === 'object' && members(two.members.get('a')), ['b'])
  t.same(two.kind === 'object' && members(two.members.get('c')), 1)
})

t.test('the last of duplicate keys counts, however they are written', async t => {
  const node = parseJson('{"a":1,"\\u0061":2,"__proto__":3,"":4}', 1)
  t.same(node.kind === 'object' && [...node.members].map(([key, member]) => [key, member.text]), [['a', '2'], ['__proto__', '3'], ['', '4']])
})

t.test('what is no JSON document is refused', async t => {
  for (const text of ['', ' ', '{', '}', '[1,]', '{"a":1,}', '01', '+1', '.5', '1.', '1e', '--1', 'NaN', 'Infinity', '-Infinity', 'undefined', "'a'", '"\n"', '"\\x"', '"\\u12"', '"a',
    'tru', '1 2', '[] []', '// a\n1', '/* a */1', '\u{feff}1', '\u00a01', '\f1', '{a:1}', '{1:1}', '[1 2]', '{"a" 1}', '\u0000']) {
    t.throws(() => parseJson(text, 1), { name: 'BodyNotParsable' }, JSON.stringify(text))
  }
})

t.test('bytes must be strict UTF-8', async t => {
  t.equal(parseJsonBytes(Buffer.from('"é😀"'), 0).text, '"é😀"')
  for (const bytes of [[0x80], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x82]]) {
    t.throws(() => parseJsonBytes(Buffer.from([0x22, ...bytes, 0x22]), 0), { name: 'BodyNotParsable' }, String(bytes))
  }
  t.throws(() => parseJsonBytes(Buffer.from('\u{feff}1'), 0), { name: 'BodyNotParsable' }, 'a byte order mark')
  t.throws(() => parseJsonBytes(Buffer.from('"a"', 'utf16le'), 0), { name: 'BodyNotParsable' })
  t.throws(() => parseJsonBytes(Buffer.alloc(0), 0), { name: 'BodyNotParsable' })
})

t.test('integers must fit 64 bits, wherever they stand', async t => {
  const places = (text: string) => [text, `[${text}]`, `{"a":${text}}`, `{"a":[{"b":[${text}]}]}`, `["x",${text},{"y":"z"}]`, `[[[[${text}]]]]`]
  for (const good of ['9223372036854775807', '-9223372036854775808', '1234567890123456789', '9223372036854775808.0', '1e30', '-9223372036854775809e0', '"9223372036854775808"',
    '0.9223372036854775808']) {
    for (const text of places(good)) for (const levels of [0, 1, 2, 9]) t.equal(parseJson(text, levels).text, text)
  }
  for (const bad of ['9223372036854775808', '-9223372036854775809', '10000000000000000000', '9'.repeat(5000)]) {
    for (const text of places(bad)) for (const levels of [0, 1, 2, 9]) t.throws(() => parseJson(text, levels), { name: 'BodyIntegerTooLarge' }, text)
  }
})

t.test('the depth has its limit, whether opened or closed', async t => {
  const nested = (levels: number, open: string, close: string) => open.repeat(levels) + '1' + close.repeat(levels)
  for (const levels of [0, 1, 2, EVERYTHING]) {
    for (const [open, close] of [['[', ']'], ['{"a":', '}']] as const) {
      t.ok(parseJson(nested(128, open, close), levels))
      for (const depth of [129, 130, 20_000]) t.throws(() => parseJson(nested(depth, open, close), levels), { name: 'BodyTooDeep' }, `${depth} of ${open}, ${levels} levels`)
    }
    t.ok(parseJson(`[${'[],'.repeat(500)}[]]`, levels), 'side by side is not deep')
    t.ok(parseJson(`["${'['.repeat(500)}"]`, levels), 'brackets in strings are not deep')
  }
})

/** JSON values printed in some other way than JSON.stringify does. */
const printed = fc.letrec<{ value: string }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '-0', '1.0', '1e400', '0.10', '-1E-7', '9007199254740993', '""', '"\\u00e9\\/\\ud800"'),
    fc.string({ unit: 'binary' }).map(text => JSON.stringify(text)),
    fc.string({ unit: fc.constantFrom('"', '\\', '[', '}', ',', ':', 'é') }).map(text => JSON.stringify(text)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.tuple(fc.array(tie('value'), { maxLength: 4 }), space()).map(([values, gap]) => `[${gap}${values.join(`${gap},${gap}`)}${gap}]`),
    fc.tuple(fc.array(fc.tuple(fc.string({ unit: 'binary' }), tie('value')), { maxLength: 4 }), space())
      .map(([members, gap]) => `{${gap}${members.map(([key, value]) => `${JSON.stringify(key)}${gap}:${gap}${value}`).join(`${gap},${gap}`)}${gap}}`),
  ),
})).value

function space(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n'), maxLength: 2 })
}

/** Every node under one. */
function* walk(node: JsonNode): Generator<JsonNode> {
  yield node
  if (node.kind === 'object') for (const member of node.members.values()) yield* walk(member)
  if (node.kind === 'array') for (const element of node.elements) yield* walk(element)
}

t.test('any document: spans are slices that parse to the values they stand for', async t => {
  t.doesNotThrow(() => { fc.assert(fc.property(printed, fc.integer({ min: 0, max: 6 }), space(), (text, levels, gap) => {
    const root = parseJson(gap + text + gap, levels)
    if (root.text !== text) return false
    for (const node of walk(root)) {
      if (!text.includes(node.text)) return false
      if (parseJson(node.text, levels).text !== node.text) return false
    }
    return JSON.stringify(rebuild(root)) === JSON.stringify(JSON.parse(text))
  }), { numRuns: 2_000 }) })
})

/** The value that an outline stands for: opened nodes from their parts, closed ones from their text. */
function rebuild(node: JsonNode): unknown {
  if (node.kind === 'array' && node.elements.length > 0) return node.elements.map(rebuild)
  if (node.kind === 'object' && node.members.size > 0) {
    const object: Record<string, unknown> = {}
    for (const [key, member] of node.members) Object.defineProperty(object, key, { value: rebuild(member), enumerable: true, configurable: true, writable: true })
    return object
  }
  return JSON.parse(node.text) as unknown
}

t.test('any text: it is refused as JSON.parse refuses it, or as too large or too deep', async t => {
  const noise = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '1', '-', '.', 'e', 'null', ' ', 'é') })
  t.doesNotThrow(() => { fc.assert(fc.property(fc.oneof(noise, fc.string()), text => {
    let isJson = true
    try {
      JSON.parse(text)
    } catch {
      isJson = false
    }
    try {
      parseJson(text, 3)
      return isJson
    } catch (error) {
      return (error as Error).name === (isJson ? 'BodyIntegerTooLarge' : 'BodyNotParsable')
    }
  }), { numRuns: 5_000 }) })
})
