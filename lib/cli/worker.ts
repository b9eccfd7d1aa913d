/** A process that serves requests under a supervisor. It ends when it is told to, or when the supervisor is no more. */
import { startService, type Service } from '../bootstrap.ts'
import type { Config } from '../config/tables.ts'
import { openServerLog, reasonOf } from './process.ts'
import type { Order, Report } from './supervisor.ts'

interface Started {
  readonly service: Service
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

  process.on('message', (order: Order) => {
    if (order.order === 'stop') stop()
    else starting ??= serve(order.config)
  })
  process.on('disconnect', stop)
  void tell({ report: 'ready' })
}

async function serve(config: Config): Promise<Started> {
  try {
    const { log, flush } = await openServerLog(config)
    const service = await startService(config, log)
    await tell({ report: 'serving', url: service.url })
    return { service, flush }
  } catch (error) {
    await tell({ report: 'failed', reason: reasonOf(error) })
    return process.exit(1)
  }
}

/** Sends a report. A supervisor that is gone does not hear it; then `disconnect` ends the worker. */
function tell(report: Report): Promise<void> {
  return new Promise(resolve => {
    process.send?.(report, undefined, undefined, () => { resolve() })
  })
}
