import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until the answer is not null or false, and fails with `what` when that takes too long. */
export async function until<Result>(what: string, ask: () => Result | Promise<Result>, withinMs = 15_000): Promise<Exclude<Awaited<Result>, null | false>> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== false) return answer as Exclude<Awaited<Result>, null | false>
    if (performance.now() > deadline) throw new Error(`not within ${String(withinMs)} ms: ${what}`)
    await sleep(10)
  }
}
