/** A store made of pools keeps the same contract as one store. */
import t from 'tap'
import { claimContract } from './contract/claims.ts'
import { deadLetterContract } from './contract/dead-letter.ts'
import type { Open } from './contract/fixture.ts'
import { messageContract } from './contract/messages.ts'
import { movedMessageContract } from './contract/moved-messages.ts'
import { popContract } from './contract/pops.ts'
import { queueContract } from './contract/queues.ts'
import { usageContract } from './contract/usage.ts'
import { watchContract } from './contract/watch.ts'
import { openPooled } from './pooling/fixture.ts'

const open: Open = t => openPooled(t)

queueContract(t, open)
messageContract(t, open)
claimContract(t, open)
usageContract(t, open)
popContract(t, open)
deadLetterContract(t, open)
movedMessageContract(t, open)
watchContract(t, open)
