/** The whole contract, for a driver to run. */
import type { Test } from 'tap'
import { claimContract } from './claims.ts'
import type { Abilities, Open } from './fixture.ts'
import { messageContract } from './messages.ts'
import { poolContract } from './pools.ts'
import { queueContract } from './queues.ts'
import { usageContract } from './usage.ts'

/** Runs every suite. `abilities` says what the store cannot do that others can. */
export function storageContract(t: Test, open: Open, abilities?: Abilities): void {
  queueContract(t, open)
  messageContract(t, open, abilities)
  claimContract(t, open)
  usageContract(t, open, abilities)
  poolContract(t, open)
}
