/** How fast the disk is at what a durable write needs: appending a page and syncing it. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { quantile } from './numbers.ts'

/** Times in milliseconds. */
export interface DiskTimes {
  readonly p50: number
  readonly p99: number
}

const PAGE = Buffer.alloc(4096, 7)
const MAX_SYNCS = 2000
const MAX_MS = 1500

/** Appends 4 KiB and syncs, over and over, for at most one and a half seconds. */
export function probeDisk(folder: string): DiskTimes {
  const file = join(folder, 'probe')
  const fd = openSync(file, 'w')
  const times: number[] = []
  const end = performance.now() + MAX_MS
  try {
    for (let round = 0; round < MAX_SYNCS; round++) {
      const started = performance.now()
      if (started > end) break
      writeSync(fd, PAGE)
      fdatasyncSync(fd)
      times.push(performance.now() - started)
    }
  } finally {
    closeSync(fd)
    rmSync(file)
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}
