/** Processes that race for the messages of one queue, with claims that run out: what they were given, and whether that was right. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { JsonText } from '../../../lib/model/json.ts'
import type { ClientId } from '../../../lib/model/names.ts'
import type { Stores } from '../../../lib/storage/contract.ts'
import { until } from '../../helpers/until.ts'
import { queue } from '../../storage/contract/fixture.ts'
import type { Handout } from './racer.ts'
import type { StorePlace } from './stores.ts'

const RACER = fileURLToPath(new URL('racer.js', import.meta.url))
const RACERS = 4
const MESSAGES = 12
/** How often each message is to be handed out. */
const TIMES = 5

/**
 * Checks that, of processes on one store of which one is killed, none is given a message that a live claim holds. `blurMs`: how far
 * a process may be wrong about the store's time.
 */
export async function checkRace(t: Test, stores: Stores, place: StorePlace, blurMs = 0): Promise<void> {
  const at = await queue(stores, 'races')
  const messages = Array.from({ length: MESSAGES }, (_, no) => ({ body: String(no) as JsonText, ttl: 3600, delay: 0 }))
  await stores.data.commit([{ op: 'post', at, client: 'a'.repeat(32) as ClientId, messages }])

  const handouts = await race(t, place, JSON.stringify(at))
  const each = byMessage(handouts)
  t.equal(each.size, MESSAGES, 'each message was given out')
  const overlaps = [...each].flatMap(([id, list]) => list.flatMap((handout, index) => {
    const before = list[index - 1]
    return before !== undefined && before.until > handout.from + blurMs ? [{ id, before, handout }] : []
  }))
  const pids = new Set(handouts.map(({ pid }) => pid))
  t.same(overlaps, [], `${String(new Set(handouts.map(({ claim }) => claim)).size)} claims of processes ${[...pids].join(', ')} do not overlap`)
}

/** Starts racers and kills one on the way; answers all that they were given, until each message was given out often enough. */
async function race(t: Test, place: StorePlace, queue: string): Promise<Handout[]> {
  const handouts: Handout[] = []
  const racers = Array.from({ length: RACERS }, () => fork(RACER, [JSON.stringify(place), queue], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  t.teardown(() => { for (const racer of racers) racer.kill('SIGKILL') })
  await Promise.all(racers.map(racer => new Promise(resolve => { racer.once('message', resolve) })))
  for (const racer of racers) {
    racer.on('message', (handout: Handout) => { handouts.push(handout) })
    racer.send('go')
  }
  const ended = racers.map(racer => new Promise<number | null>(resolve => { racer.once('exit', resolve) }))
  const victim = await until('all racers have been given something', () => new Set(handouts.map(({ pid }) => pid)).size === racers.length && (racers[0] ?? null))
  victim.kill('SIGKILL')
  await until(`each message has been given out ${String(TIMES)} times`, () => new Set(handouts.map(({ claim }) => claim)).size > MESSAGES * 2 && minimum(handouts) >= TIMES, 40_000)
  for (const racer of racers) if (racer !== victim) racer.send('stop')
  t.same(await Promise.all(ended), [null, ...Array.from({ length: RACERS - 1 }, () => 0)], 'one was killed, the others ended in order')
  return handouts
}

function byMessage(handouts: readonly Handout[]): Map<string, Handout[]> {
  const found = new Map<string, Map<string, Handout>>()
  for (const handout of handouts) {
    for (const id of handout.ids) {
      const claims = found.get(id) ?? new Map<string, Handout>()
      found.set(id, claims.set(handout.claim, handout))
    }
  }
  return new Map([...found].map(([id, claims]) => [id, [...claims.values()].sort((one, other) => one.from - other.from)]))
}

function minimum(handouts: readonly Handout[]): number {
  return Math.min(...[...byMessage(handouts).values()].map(list => list.length))
}
