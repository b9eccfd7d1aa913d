/** A stage that keeps the bodies of messages encrypted where their queue asks for it, and opens them wherever they come out. */
import { MarconiError } from '../errors.ts'
import type { Instant } from '../clock.ts'
import type { Message } from '../model/message.ts'
import { parseFreeClientId, type ClientId, type Project } from '../model/names.ts'
import type { DataStore, Operation, Outcome, QueueKey } from './contract.ts'
import { isSealed, type Sealer } from './sealer.ts'

/** Who puts messages back that were popped and cannot be opened. */
const NOBODY = parseFreeClientId('nobody', 1, 10) as ClientId

function holdsSealed(outcome: Outcome): boolean {
  return (outcome.is === 'claimed' || outcome.is === 'popped') && outcome.messages.some(({ body }) => isSealed(body))
}

/** Wraps a data store. Whatever is sealed in it, no reader of the wrapped one sees. */
export function encrypted(data: DataStore, sealer: Sealer): DataStore {
  function sealed(operation: Operation): Operation {
    if (operation.op !== 'post' || operation.sealed !== true) return operation
    const { at: { project }, messages } = operation
    return { ...operation, messages: messages.map(message => ({ ...message, body: sealer.seal(project, message.body) })) }
  }

  function openOne<Sealed extends Pick<Message, 'body'>>(project: Project, message: Sealed): Sealed {
    return isSealed(message.body) ? { ...message, body: sealer.open(project, message.body) } : message
  }

  function opened<Sealed extends Pick<Message, 'body'>>(project: Project, messages: readonly Sealed[]): readonly Sealed[] {
    return messages.some(({ body }) => isSealed(body)) ? messages.map(message => openOne(project, message)) : messages
  }

  async function openOutcome({ at }: Operation, outcome: Outcome | undefined): Promise<Outcome> {
    if (outcome === undefined) throw new Error('the store answered fewer outcomes than there were operations')
    if (outcome.is === 'claimed') return { ...outcome, messages: opened(at.project, outcome.messages) }
    return outcome.is === 'popped' ? { ...outcome, messages: await openPopped(at, outcome.messages, outcome.now) } : outcome
  }

  /** What cannot be opened must not be lost for that: it is put back, at the end, as it is. */
  async function openPopped(at: QueueKey, messages: readonly Message[], now: Instant): Promise<readonly Message[]> {
    const good: Message[] = []
    const bad: Message[] = []
    let failure: unknown
    for (const message of messages) {
      try {
        good.push(openOne(at.project, message))
      } catch (error) {
        if (!(error instanceof MarconiError)) throw error
        failure = error
        bad.push(message)
      }
    }
    if (bad.length === 0) return good
    const again = bad.map(({ body, ttl, created }) => ({ body, ttl: Math.max(1, ttl - Math.floor((now - created) / 1000)), delay: 0 }))
    await data.commit([{ op: 'post', at, client: NOBODY, messages: again }])
    if (good.length === 0) throw failure
    return good
  }

  return {
    ...data,
    async commit(unit) {
      const outcomes = await data.commit(unit.map(sealed))
      if (!outcomes.some(holdsSealed)) return outcomes
      return Promise.all(unit.map((operation, index) => openOutcome(operation, outcomes[index])))
    },
    async read(at, range) {
      const reading = await data.read(at, range)
      return { ...reading, messages: opened(at.project, reading.messages) }
    },
    async get(at, ids) {
      const reading = await data.get(at, ids)
      return { ...reading, messages: opened(at.project, reading.messages) }
    },
    async claim(at, id) {
      const claim = await data.claim(at, id)
      return claim === null ? null : { ...claim, messages: opened(at.project, claim.messages) }
    },
    async dump(at, after, limit) {
      const dump = await data.dump(at, after, limit)
      return { ...dump, messages: opened(at.project, dump.messages) }
    },
  }
}
