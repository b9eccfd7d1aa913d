/** A server under load whose database has trouble: what clients are told meanwhile, and whether all is well afterwards. */
import type { Test } from 'tap'
import { Http } from '../../helpers/http.ts'
import { mongodbEnvironment } from '../../helpers/mongodb/stores.ts'
import { Random } from '../../helpers/random.ts'
import { startServer, temporaryFolder, type RunningServer } from '../../helpers/server.ts'
import { until } from '../../helpers/until.ts'
import { check, OPTIONS, QUEUES } from './check.ts'
import { Ledger } from './ledger.ts'
import { ROLES, work } from './load.ts'
import { Outages } from './outages.ts'

/** No answer takes longer, whatever the trouble: the driver tries for ten seconds, and its last attempt may have to time out. */
const ANSWER_MS = 16_000
/** The server gives up soon, so that a test need not wait long. */
const IMPATIENT = Object.fromEntries(['MESSAGE_STORE', 'MANAGEMENT_STORE'].flatMap(store => ([
  ['SERVER_SELECTION_TIMEOUT', '1000'], ['CONNECT_TIMEOUT', '1000'], ['SOCKET_TIMEOUT', '1500'],
] as const).map(([name, value]) => [`MARCONI_DRIVERS_${store}_MONGODB__${name}`, value])))

/** Answers that clients get between two changes of the scene. */
const SOME = 60
/** How many clients are to be told that the store is out of reach. */
const TOLD = 2 * ROLES.length

export class Trouble {
  readonly #t: Test
  readonly #server: RunningServer
  readonly #random = new Random()
  readonly #ledger = new Ledger()
  readonly #outages = new Outages()

  /** Starts a server on a database. It ends with the test. */
  static async begin(t: Test, uri: string, database: string): Promise<Trouble> {
    const env = { ...mongodbEnvironment(uri, database), ...IMPATIENT, ...OPTIONS }
    const server = await startServer(t, { dataDir: temporaryFolder(t), env })
    const http = new Http(server.url)
    for (const queue of QUEUES) await http.put(`/v1/queues/${queue}`)
    http.close()
    return new Trouble(t, server)
  }

  private constructor(t: Test, server: RunningServer) {
    this.#t = t
    this.#server = server
  }

  /** Requests that were answered with 503 so far. */
  get outages(): number {
    return this.#outages.count
  }

  /**
   * Plays a scene under load so many times: clients are served before it and after it, and then all that was acknowledged is there.
   * What is left over from one time shows in the next.
   */
  async play(times: number, scene: () => Promise<void>): Promise<void> {
    for (let time = 1; time <= times; time++) if (!await this.#playOnce(String(time), scene)) return
  }

  async #playOnce(what: string, scene: () => Promise<void>): Promise<boolean> {
    const [ledger, outages, round] = [this.#ledger, this.#outages, { isOver: false }]
    const clients = ROLES.map(role => {
      const http = new Http(this.#server.url, { timeoutMs: ANSWER_MS })
      return { http, done: work({ http, ledger, random: this.#random.fork(), queues: QUEUES, round, outages }, role) }
    })
    try {
      await this.served()
      await scene()
      await this.served()
    } finally {
      round.isOver = true
      await Promise.all(clients.map(({ done }) => done))
      for (const { http } of clients) http.close()
    }
    const http = new Http(this.#server.url)
    const stored = await check(http, ledger)
    http.close()
    return this.#t.same([...ledger.violations, ...outages.faults], [], `${what}: ${String(ledger.acknowledged)} acknowledged so far, `
      + `${String(outages.count)} told to try again, ${String(stored)} stored (MARCONI_TEST_SEED=${String(this.#random.seed)})`)
  }

  /** Waits until clients are served. */
  served(): Promise<unknown> {
    const before = this.#ledger.acknowledged
    return until('clients are served', () => this.#ledger.acknowledged >= before + SOME || this.#ledger.violations.length > 0)
  }

  /** Waits until clients are told that the store is out of reach. */
  told(): Promise<unknown> {
    const before = this.outages
    return until('clients are told to try again', () => this.outages >= before + TOLD || this.#ledger.violations.length > 0)
  }

  /** Has the server stop in order, which the trouble must not have kept it from. */
  async end(): Promise<void> {
    this.#t.equal((await this.#server.stop()).code, 0)
  }
}
