import t from 'tap'
import { END, messageIdOf, parseClientId, parseMarker, parseMessageId, parseProject, parseQueueName, sequenceOf, type Epoch, type Sequence } from '../../../lib/model/names.ts'

const epoch = 0xab as Epoch

t.test('a queue name is 1 to 64 letters, digits, underscores and hyphens', async t => {
  for (const good of ['Nice-Boat_2', '_x', 'a'.repeat(64)]) t.equal(parseQueueName(good), good)
  for (const bad of ['', 'a'.repeat(65), 'Nice-Bo@t', '@$@^qw', 'é', 'a.b', 'a/b', 'a\n']) t.equal(parseQueueName(bad), null, bad)
})

t.test('a project id is 1 to 256 characters of any kind', async t => {
  t.equal(parseProject('JAM Project'), 'JAM Project')
  t.equal(parseProject('p'.repeat(256)), 'p'.repeat(256))
  t.equal(parseProject(''), null)
  t.equal(parseProject('p'.repeat(257)), null)
})

t.test('all spellings of a UUID are one client', async t => {
  const plain = '30387f0039da4a8b9d3f5a6f0e1c77aa'
  for (const spelling of [plain, plain.toUpperCase(), '30387f00-39da-4a8b-9d3f-5a6f0e1c77aa', `{${plain}}`, `urn:uuid:${plain}`]) {
    t.equal(parseClientId(spelling), plain, spelling)
  }
  for (const bad of ['', '1234', '0xdeadbeef', plain.slice(1), `${plain}a`, `${plain.slice(1)}g`]) t.equal(parseClientId(bad), null, bad)
})

t.test('a message id carries the queue epoch and the position', async t => {
  const id = messageIdOf(epoch, 4711 as Sequence)
  t.equal(id, '000000ab0000000000001267')
  t.equal(sequenceOf(epoch, id), 4711)
  t.equal(sequenceOf(0xac as Epoch, id), null, 'another incarnation of the queue')
  t.equal(parseMessageId('000000AB0000000000001267'), id)
  t.equal(parseMessageId('invalid'), null)
})

t.test('a marker is a position in digits or the id of a message of the queue', async t => {
  t.equal(parseMarker(epoch, '17'), 17)
  t.equal(parseMarker(epoch, messageIdOf(epoch, 17 as Sequence)), 17)
  t.equal(parseMarker(epoch, '9'.repeat(30)), END, 'beyond any position')
  for (const bad of ['zzz', '-1', '1.5', '', messageIdOf(0xac as Epoch, 17 as Sequence)]) t.equal(parseMarker(epoch, bad), null, bad)
})
