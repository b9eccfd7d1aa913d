import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openControl, openData } from '../../lib/storage/lmdb/open.ts'
import { audit } from '../helpers/audit.ts'
import { HandClock } from '../helpers/clock.ts'
import type { Open } from './contract/fixture.ts'
import { wholeContract } from './contract/whole.ts'

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

wholeContract(t, open)
