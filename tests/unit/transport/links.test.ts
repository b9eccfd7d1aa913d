import t from 'tap'
import { nextLinks } from '../../../lib/transport/http/links.ts'

t.test('the next link repeats what was given, and no more', async t => {
  t.equal(nextLinks('/v1/queues', [['limit', null], ['detailed', null]], 'b'), '[{"rel":"next","href":"/v1/queues?marker=b"}]')
  t.equal(nextLinks('/v1/queues', [['limit', 3], ['detailed', false]], 'b'), '[{"rel":"next","href":"/v1/queues?limit=3&detailed=false&marker=b"}]')
  t.equal(nextLinks('/v1/pools', [['limit', 3]], null), '[{"rel":"next","href":"/v1/pools?limit=3"}]')
  t.equal(nextLinks('/v1/pools', [['limit', null]], null), '[{"rel":"next","href":"/v1/pools"}]')
})
