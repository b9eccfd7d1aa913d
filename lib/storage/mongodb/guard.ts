/** The edge of the driver: what goes wrong behind it becomes `StorageUnavailable`, and nothing takes for ever. */
import { MarconiError, storageUnavailable } from '../../errors.ts'
import type { MongodbOptions } from './options.ts'

/** Runs an action of the driver; `what` says in the log what it was about. */
export type Guard = <Result>(what: string, action: () => Promise<Result>) => Promise<Result>

/**
 * A guard that waits as long as the client library may need to find out that a server is away: it tries once more what was cut off. What takes
 * longer may still be carried out, but nobody is kept waiting for it: a connection that breaks at the wrong moment can leave the
 * library without an end.
 */
export function guardFor({ socket_timeout: silence, server_selection_timeout: selection, connect_timeout: connecting }: MongodbOptions): Guard {
  const patience = 2 * silence + selection + connecting
  return async (what, action) => {
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => { reject(new Error(`no answer within ${patience} ms`)) }, patience)
      })
      return await Promise.race([action(), late])
    } catch (error) {
      throw error instanceof MarconiError ? error : storageUnavailable(what, error)
    } finally {
      clearTimeout(timer)
    }
  }
}
