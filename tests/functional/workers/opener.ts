/**
 * Opens and closes a data folder that others write to, over and over, as workers that start and tools do. It tells its parent
 * after each time, and ends when it hears from it.
 *
 *     opener.js FOLDER
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '../../../lib/clock.ts'
import { openData } from '../../../lib/storage/lmdb/open.ts'

let isOver = false
process.once('message', () => { isOver = true })
while (!isOver) {
  const data = await openData({ path: process.argv[2] ?? '', durability: 'none' }, systemClock)
  await data.close()
  process.send?.('opened')
  await nextTurn()
}
process.disconnect()
