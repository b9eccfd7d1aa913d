/** Changes of a collection as the database tells them, on a replica set or a sharded cluster. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChangeStream, Collection, Document } from 'mongodb'
import type { Source } from './feed.ts'

/** How long it takes until a stream that broke is opened again, in milliseconds. */
const OPEN_AGAIN_MS = 500

/**
 * Calls `hear` with each change that passes the stages, and `begin` when it begins to: at first, and again after it broke. What came
 * between is not told, so whoever hears `begin` has to look for it. That is simpler than to go on where the stream broke, and right
 * even where the database has forgotten that.
 */
export function followStream<Stored extends Document>(collection: Collection<Stored>, stages: readonly Document[], hear: (change: Document) => void, begin: () => void): Source {
  let isClosed = false
  let stream: ChangeStream<Stored, Document> | null = null

  async function follow(): Promise<void> {
    while (!isClosed) {
      const own = stream = collection.watch<Stored, Document>([...stages])
      try {
        // The stream is open when the first attempt has come back, with or without a change.
        await own.tryNext()
        if (isClosed) break
        begin()
        for await (const change of own) hear(change)
      } catch {
        // A database that is out of reach fails whoever needs it.
      }
      await own.close().catch(() => undefined)
      if (!isClosed) await sleep(OPEN_AGAIN_MS, undefined, { ref: false })
    }
  }

  void follow()
  return {
    close() {
      isClosed = true
      void stream?.close().catch(() => undefined)
    },
  }
}
