import t from 'tap'
import { nearest } from '../../../lib/model/nearest.ts'

t.test('a name with few letters wrong is recognized', async t => {
  const names = ['message_store', 'management_store', 'bind', 'port']
  const meant = { mesage_store: 'message_store', 'Message-Store': 'message_store', managment_stroe: 'management_store', prot: 'port', prt: 'port' }
  for (const [word, name] of Object.entries(meant)) t.equal(nearest(word, names), name, word)
  for (const word of ['', 'x', 'uri', 'workers', 'pr']) t.equal(nearest(word, names), null, word)
})
