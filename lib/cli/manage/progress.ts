/** How far a long command is, on standard error: a bar on a terminal, a line now and then elsewhere. */
import { SingleBar } from 'cli-progress'

/** How often a line is written where there is no bar, in milliseconds. */
const LINE_EVERY_MS = 1000

/** Something that is under way. */
export interface Progress {
  /** So much is done of so much; `detail` says it in more words. */
  update(done: number, total: number, detail: string): void
  stop(): void
}

/** Shows how far something is. */
export function showProgress(program: string, what: string): Progress {
  return process.stderr.isTTY ? bar(what) : lines(program, what)
}

function bar(what: string): Progress {
  const single = new SingleBar({ format: `${what} [{bar}] {percentage}%  {detail}`, stream: process.stderr, hideCursor: true, clearOnComplete: false })
  single.start(1, 0, { detail: '' })
  return {
    update(done, total, detail) {
      single.setTotal(Math.max(total, 1))
      single.update(total === 0 ? 1 : done, { detail })
    },
    stop() {
      single.stop()
    },
  }
}

function lines(program: string, what: string): Progress {
  let last = -Infinity
  let pending: string | null = null
  const write = (text: string) => { process.stderr.write(`${program}: ${what}: ${text}\n`) }
  return {
    update(_done, _total, detail) {
      pending = detail
      if (performance.now() - last < LINE_EVERY_MS) return
      last = performance.now()
      pending = null
      write(detail)
    },
    stop() {
      if (pending !== null) write(pending)
    },
  }
}
