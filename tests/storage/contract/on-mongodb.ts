import type { Test } from 'tap'
import { HandClock } from '../../helpers/clock.ts'
import type { Mongo } from '../../helpers/mongodb.ts'
import { openMongodb } from '../../helpers/mongodb/stores.ts'
import { missing } from '../../helpers/require.ts'
import type { Capability, Open } from './fixture.ts'
import { wholeContract } from './whole.ts'

/** The whole contract on a MongoDB; skipped by the name of the suite without one. */
export function mongodbContract(t: Test, found: Mongo, what: string, capabilities?: readonly Capability[]): void {
  if (found.kind === 'missing') {
    void t.test(`the storage contract on ${what}`, t => {
      missing(t, 'mongodb', found.reason)
      return Promise.resolve()
    })
    return
  }
  const open: Open = async t => {
    const clock = new HandClock()
    return { ...await openMongodb(t, found.server, clock), tick: seconds => { clock.tick(seconds) } }
  }
  wholeContract(t, open, capabilities)
}
