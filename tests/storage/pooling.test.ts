/** A store made of pools keeps the same contract as one store. */
import t from 'tap'
import { claimContract } from './contract/claims.ts'
import type { Open } from './contract/fixture.ts'
import { messageContract } from './contract/messages.ts'
import { queueContract } from './contract/queues.ts'
import { usageContract } from './contract/usage.ts'
import { openPooled } from './pooling/fixture.ts'

const open: Open = t => openPooled(t)

queueContract(t, open)
messageContract(t, open)
claimContract(t, open)
usageContract(t, open)
