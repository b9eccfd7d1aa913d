/** A moment as milliseconds since the Unix epoch, in UTC. */
export type Instant = number

/** Where the time comes from. Storage drivers get theirs injected, so that tests can turn it by hand. */
export interface Clock {
  now(): Instant
  /** Calls `action` when that moment has come, in a turn of its own even if it is past; answers how to call that off. Keeps no process alive. */
  at(moment: Instant, action: () => void): () => void
}

/** The longest time that a timer of Node can be set to, in milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at: (moment, action) => alarm(() => Date.now(), moment, action),
}

/** An alarm on a clock that runs as fast as the machine's. */
export function alarm(now: () => Instant, moment: Instant, action: () => void): () => void {
  let timer: NodeJS.Timeout
  // A timer may go off a little early, and cannot be set to a moment that is weeks ahead.
  const ring = () => { if (now() < moment) set(); else action() }
  function set(): void {
    timer = setTimeout(ring, Math.min(Math.max(1, Math.ceil(moment - now())), LONGEST_TIMER_MS)).unref()
  }
  set()
  return () => { clearTimeout(timer) }
}
