/** Requests at an even pace, whatever the answers take: what comes late waits in no queue of ours. */
import { Agent, get } from 'node:http'
import { HEADERS } from './generator.ts'

/** How to ask. */
export interface Pace {
  readonly url: string
  readonly path: string
  /** Requests a second. */
  readonly rate: number
  readonly seconds: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Between two looks at what is due, in milliseconds. */
const TICK_MS = 2
const SOCKETS = 64

/** Sends the requests; resolves with the milliseconds from when each was due to the end of its answer. */
export function pace({ url, path, rate, seconds, headers = {} }: Pace, onAnswer: () => void = () => undefined): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS })
  const latencies: number[] = []
  const total = Math.round(rate * seconds)
  const started = performance.now()
  let sent = 0
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate))
      for (; sent < due; sent++) ask(started + (sent / rate) * 1000)
      if (sent >= total) clearInterval(timer)
    }, TICK_MS)

    function ask(dueAt: number): void {
      get(url + path, { agent, headers: { ...HEADERS, ...headers } }, res => {
        res.resume().once('end', () => {
          onAnswer()
          latencies.push(performance.now() - dueAt)
          if (latencies.length < total) return
          agent.destroy()
          resolve(latencies)
        })
      }).once('error', error => {
        clearInterval(timer)
        agent.destroy()
        reject(error)
      })
    }
  })
}
