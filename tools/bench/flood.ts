/**
 * Asks for one project at an even rate, whatever the answers are, until it is killed, or for a minute.
 *
 *     flood.js URL PATH PROJECT REQUESTS_A_SECOND
 */
import { pace } from './paced.ts'

const SECONDS = 60

const [url = '', path = '', project = '', rate = '1'] = process.argv.slice(2)
process.once('disconnect', () => process.exit(0))
let isTold = false
await pace({ url, path, rate: Number(rate), seconds: SECONDS, headers: { 'x-project-id': project } }, () => {
  if (!isTold) process.send?.('flooding')
  isTold = true
})
