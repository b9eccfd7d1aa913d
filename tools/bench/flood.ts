/**
 * Asks for one project at a fixed rate, whatever the answers are, until it is killed, or for a minute.
 *
 *     flood.js URL PROJECT REQUESTS_A_SECOND
 */
import autocannon from 'autocannon'
import { HEADERS } from './generator.ts'

const CONNECTIONS = 32
const SECONDS = 60

const [url = '', project = '', rate = '1'] = process.argv.slice(2)
const instance = autocannon({
  url: `${url}/v1/queues/none/messages`, connections: CONNECTIONS, overallRate: Number(rate), duration: SECONDS,
  headers: { ...HEADERS, 'x-project-id': project }, skipAggregateResult: true,
}, () => process.exit(0))
instance.once('response', () => { process.send?.('flooding') })
process.once('disconnect', () => process.exit(0))
