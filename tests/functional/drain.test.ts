/** Pools on the embedded store are drained under load. */
import t from 'tap'
import { playDrain } from './drain/scene.ts'

t.test('clients of a pool that is drained, by a process that is killed again and again, lose nothing and get nothing twice', async t => {
  await playDrain(t, { env: {}, uriOf: (dataDir, pool) => `lmdb://${dataDir}/${pool}`, kills: { times: 5, after: [600, 3500] }, refusals: 'none' })
})
