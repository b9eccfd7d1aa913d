import t from 'tap'
import type { JsonText } from '../../../lib/model/json.ts'
import { messageIdOf, type ClaimId, type Epoch, type MessageId, type QueueName, type Sequence } from '../../../lib/model/names.ts'
import { exported, imported, readLine, writeLine } from '../../../lib/service/transfer-lines.ts'
import type { StoredMessage } from '../../../lib/storage/dump.ts'

const [OLD, NEW] = [7 as Epoch, 8 as Epoch]
const SEQUENCE = 5 as Sequence
const PLAIN: StoredMessage = {
  id: messageIdOf(OLD, SEQUENCE), sequence: SEQUENCE, body: '{"a":1.0}' as JsonText, ttl: 300, created: 1000, until: 301_000, shownTtl: 300, client: 2 ** 52,
  from: 0, claim: null, claims: 0, origin: null,
}

/** Out of one queue and into another. */
function carried(message: StoredMessage): StoredMessage {
  const line = readLine(writeLine({ kind: 'message', message: exported(OLD, message) }))
  if (line.kind !== 'message') throw new Error(`it came back as ${line.kind}`)
  return imported(NEW, line.message)
}

t.test('a message keeps all but its claim, and gets an id of its new queue', t => {
  t.same(carried(PLAIN), { ...PLAIN, id: messageIdOf(NEW, SEQUENCE) })
  const delayed = { ...PLAIN, from: 5000, shownTtl: 400, claims: 3 }
  t.same(carried(delayed), { ...delayed, id: messageIdOf(NEW, SEQUENCE) })
  const claimed = { ...PLAIN, from: 5000, claim: { id: 'c'.repeat(24) as ClaimId, ttl: 60, since: 1000 }, claims: 1 }
  t.same(carried(claimed), { ...claimed, id: messageIdOf(NEW, SEQUENCE), from: 0, claim: null })
  t.end()
})

t.test('a message that came from another queue keeps the id that it brought along', t => {
  const moved: StoredMessage = { ...PLAIN, id: 'ab'.repeat(12) as MessageId, origin: { queue: 'jobs' as QueueName, at: 2000, reason: 'max_claim_count', claims: 2 } }
  t.same(carried(moved), moved)
  t.end()
})

t.test('a line is one line, whatever is in it', t => {
  const text = writeLine({ kind: 'queue', queue: 'q' as QueueName, metadata: '{"a":"\u2028\u2029\\n",\r\n"b":1}' as JsonText, next: SEQUENCE })
  t.notMatch(text.slice(0, -1), /[\r\n\u2028\u2029]/)
  t.same(readLine(text), { kind: 'queue', queue: 'q', metadata: '{"a":"\u2028\u2029\\n",\r\n"b":1}', next: 5 })
  t.end()
})
