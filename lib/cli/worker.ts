/** A process that serves requests under a supervisor. It ends when it is told to, or when the supervisor is no more. */
import type { Socket } from 'node:net'
import { startWorkerService, type Shared, type WorkerService } from '../bootstrap.ts'
import type { Config } from '../config/tables.ts'
import type { Project } from '../model/names.ts'
import type { Quota } from '../quota/quota.ts'
import type { Lease, Ledger } from '../quota/rate.ts'
import type { WaitLedger } from '../quota/waits.ts'
import type { Tenures } from '../storage/tenures.ts'
import type { Dealt } from './dealer.ts'
import { openServerLog, reasonOf } from './process.ts'
import type { Order, Report } from './supervisor.ts'

interface Started {
  readonly service: WorkerService
  readonly flush: () => void
}

/** Waits for orders. */
export function runWorker(): void {
  // A terminal sends its signals to every process of the group; the primary says when it is time.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  let starting: Promise<Started> | null = null

  function stop(): void {
    process.off('disconnect', stop)
    const ended = starting?.then(async ({ service, flush }) => {
      await service.stop()
      flush()
    })
    Promise.resolve(ended).then(() => process.exit(0), () => process.exit(1))
  }

  /** A connection that was closed meanwhile comes without a socket. */
  async function take(number: number, socket: Socket | undefined): Promise<void> {
    const started = await starting
    if (socket !== undefined) started?.service.take(socket)
    await tell({ report: 'taken', number })
  }

  const ledger = new RemoteLedger()
  const waits = new RemoteWaits()
  const tenures = new RemoteTenures()
  process.on('message', (order: Order | Dealt, socket: Socket | undefined) => {
    if (order.order === 'connection') void take(order.number, socket)
    else if (order.order === 'stop') stop()
    else if (order.order === 'lease') ledger.questions.answer(order.number, order.lease)
    else if (order.order === 'wait') waits.questions.answer(order.number, order.isFree)
    else if (order.order === 'tenure') tenures.questions.answer(order.number, order.refused)
    else starting ??= serve(order.config, { ledger, waits, tenures })
  })
  process.on('disconnect', stop)
  void tell({ report: 'ready' })
}

async function serve(config: Config, shared: Shared): Promise<Started> {
  try {
    const { log, flush } = await openServerLog(config)
    const service = await startWorkerService(config, log, shared)
    await tell({ report: 'serving' })
    return { service, flush }
  } catch (error) {
    await tell({ report: 'failed', reason: reasonOf(error) })
    return process.exit(1)
  }
}

/** Questions to the supervisor whose answers have not come yet. */
class Questions<Answer> {
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #last = 0

  ask(question: (number: number) => Report): Promise<Answer> {
    const number = ++this.#last
    return new Promise(resolve => {
      this.#asked.set(number, resolve)
      void tell(question(number))
    })
  }

  answer(number: number, answer: Answer): void {
    this.#asked.get(number)?.(answer)
    this.#asked.delete(number)
  }
}

/** The request counts that the supervisor keeps for all workers. */
class RemoteLedger implements Ledger {
  readonly questions = new Questions<Lease>()

  lease(project: Project, { requestsPerSecond: rate, burst }: Pick<Quota, 'requestsPerSecond' | 'burst'>, wanted: number): Promise<Lease> {
    return this.questions.ask(number => ({ report: 'lease', number, project, rate, burst, wanted }))
  }
}

/** The open long waits that the supervisor counts for all workers. */
class RemoteWaits implements WaitLedger {
  readonly questions = new Questions<boolean>()

  enter(project: Project, limit: number): Promise<boolean> {
    return this.questions.ask(number => ({ report: 'wait', number, project, limit }))
  }

  leave(project: Project): void {
    void tell({ report: 'wait_over', project })
  }
}

/** The folders of pools that the supervisor holds for all workers. */
class RemoteTenures implements Tenures {
  readonly questions = new Questions<string | null>()

  async take(path: string): Promise<void> {
    const refused = await this.questions.ask(number => ({ report: 'tenure', number, path }))
    if (refused !== null) throw new Error(refused)
  }
}

/** Sends a report. A supervisor that is gone does not hear it; then `disconnect` ends the worker. */
function tell(report: Report): Promise<void> {
  return new Promise(resolve => {
    process.send?.(report, undefined, undefined, () => { resolve() })
  })
}
