import { claimContract } from './claims.ts'
import { deadLetterContract } from './dead-letter.ts'
import type { Suite } from './fixture.ts'
import { messageContract } from './messages.ts'
import { movedMessageContract } from './moved-messages.ts'
import { poolContract } from './pools.ts'
import { popContract } from './pops.ts'
import { queueContract } from './queues.ts'
import { restoreContract } from './restores.ts'
import { sealContract } from './seals.ts'
import { usageContract } from './usage.ts'
import { watchContract } from './watch.ts'

/** The whole storage contract: every driver keeps all of it, but for what its capabilities lack. */
export const wholeContract: Suite = (t, open, capabilities) => {
  queueContract(t, open, capabilities)
  messageContract(t, open, capabilities)
  claimContract(t, open, capabilities)
  usageContract(t, open, capabilities)
  popContract(t, open, capabilities)
  deadLetterContract(t, open, capabilities)
  movedMessageContract(t, open, capabilities)
  sealContract(t, open, capabilities)
  restoreContract(t, open, capabilities)
  poolContract(t, open, capabilities)
  watchContract(t, open, capabilities)
}
