import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { audit } from '../helpers/audit.ts'
import { HandClock } from '../helpers/clock.ts'
import { claimContract } from './contract/claims.ts'
import { deadLetterContract } from './contract/dead-letter.ts'
import type { Open } from './contract/fixture.ts'
import { messageContract } from './contract/messages.ts'
import { movedMessageContract } from './contract/moved-messages.ts'
import { poolContract } from './contract/pools.ts'
import { popContract } from './contract/pops.ts'
import { queueContract } from './contract/queues.ts'
import { restoreContract } from './contract/restores.ts'
import { sealContract } from './contract/seals.ts'
import { usageContract } from './contract/usage.ts'

const open: Open = async t => {
  const path = mkdtempSync(join(tmpdir(), 'marconi-lmdb-'))
  const clock = new HandClock()
  const options = { path, durability: 'none' } as const
  const control = await openControl(options)
  const data = await openData(options, clock)
  t.teardown(async () => {
    await Promise.all([control.close(), data.close()])
    const { faults } = await audit(path)
    rmSync(path, { recursive: true, force: true })
    if (faults.length > 0) throw new Error(`the rows of the store contradict each other: ${faults.join('; ')}`)
  })
  return { control, data, tick: seconds => { clock.tick(seconds) } }
}

queueContract(t, open)
messageContract(t, open)
claimContract(t, open)
usageContract(t, open)
poolContract(t, open)
popContract(t, open)
deadLetterContract(t, open)
movedMessageContract(t, open)
sealContract(t, open)
restoreContract(t, open)
