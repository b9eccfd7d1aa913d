/** What the suites of the storage contract share: how a store is opened for them, and short ways to write operations. */
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { JsonText } from '../../../lib/model/json.ts'
import type { Message, NewMessage } from '../../../lib/model/message.ts'
import { START, type ClaimId, type ClientId, type MessageId, type Project, type QueueName } from '../../../lib/model/names.ts'
import type { NewQueue, Operation, Outcome, QueueKey, ReadRange, RemoveCheck, Stores, Usage } from '../../../lib/storage/contract.ts'

/** A fresh, empty store whose clock is turned by hand. */
export interface Fixture extends Stores {
  /** Turns the clock by whole or broken seconds. */
  readonly tick: (seconds: number) => void
}

/** Opens a store for one test and has it closed after. A test that opens two gets two stores that share nothing. */
export type Open = (t: Test) => Promise<Fixture>

/** What a backend may lack. `units`: it carries out several operations as one; `sizes`: it counts bodies as large as they came. */
export type Capability = 'units' | 'sizes'

/** A suite of the contract, for a store that has these capabilities: all, if none are named. */
export type Suite = (t: Test, open: Open, capabilities?: readonly Capability[]) => void

export const EVERY_CAPABILITY: readonly Capability[] = ['units', 'sizes']

/** The options of a test that asks for a capability: it is skipped by name where that is missing. */
export function needs(capability: Capability, capabilities: readonly Capability[]): { readonly skip: string | false } {
  return { skip: capabilities.includes(capability) ? false : `the store lacks ${capability}` }
}

export const PROJECT = 'p1' as Project
export const OTHER_PROJECT = 'p2' as Project
export const ALICE = 'a'.repeat(32) as ClientId
export const BOB = 'b'.repeat(32) as ClientId
export const EVERYTHING: ReadRange = { after: START, limit: 1000, notFrom: null, claimed: true, delayed: true }
/** What a plain listing sees. */
export const FREE: ReadRange = { ...EVERYTHING, claimed: false, delayed: false }

export function name(text: string): QueueName {
  return text as QueueName
}

/** A new queue with this metadata, in no pool, of any number. */
export function newQueue(metadata = '{}', over: Partial<NewQueue> = {}): NewQueue {
  return { metadata: metadata as JsonText, pool: null, atMost: Infinity, ...over }
}

/** Creates a queue. */
export async function queue({ control }: Pick<Stores, 'control'>, text = 'jobs', project = PROJECT): Promise<QueueKey> {
  const created = await control.createQueue(project, name(text), newQueue())
  if (created === null) throw new Error('a queue without a quota was refused')
  return created.record
}

/** Messages whose bodies are the numbers from `first`, or what `over` says. */
export function messages(count: number, over: Partial<NewMessage> = {}, first = 0): NewMessage[] {
  return Array.from({ length: count }, (_, index) => ({ body: String(first + index) as JsonText, ttl: 300, delay: 0, ...over }))
}

export function post(at: QueueKey, posted: readonly NewMessage[], client = ALICE): Operation & { op: 'post' } {
  return { op: 'post', at, client, messages: posted }
}

export function claimId(): ClaimId {
  return randomBytes(12).toString('hex') as ClaimId
}

export function claim(at: QueueKey, over: Partial<Operation & { op: 'claim' }> = {}): Operation & { op: 'claim' } {
  return { op: 'claim', at, id: claimId(), limit: 10, ttl: 60, grace: 60, ...over }
}

export function remove(at: QueueKey, ids: readonly MessageId[], check: RemoveCheck = { kind: 'nothing' }): Operation {
  return { op: 'remove', at, ids, check }
}

/** Carries out one operation. */
export async function commit({ data }: Stores, operation: Operation): Promise<Outcome> {
  const [outcome] = await data.commit([operation])
  if (outcome === undefined) throw new Error('a commit of one operation answered no outcome')
  return outcome
}

/** Posts and answers the ids. */
export async function posted(stores: Stores, at: QueueKey, list: readonly NewMessage[], client = ALICE): Promise<readonly MessageId[]> {
  return (await expected(stores, post(at, list, client), 'posted')).ids
}

/** Carries out one operation that must have this outcome. */
export async function expected<Is extends Outcome['is']>(stores: Stores, operation: Operation, is: Is): Promise<Outcome & { readonly is: Is }> {
  const outcome = await commit(stores, operation)
  if (!hasKind(outcome, is)) throw new Error(`a ${operation.op} was ${outcome.is}, not ${is}`)
  return outcome
}

function hasKind<Is extends Outcome['is']>(outcome: Outcome, is: Is): outcome is Outcome & { readonly is: Is } {
  return outcome.is === is
}

/** Claims and answers the messages. */
export async function claimed(stores: Stores, operation: Operation & { op: 'claim' }): Promise<readonly Message[]> {
  return (await expected(stores, operation, 'claimed')).messages
}

/** The numbers that the messages' bodies are. */
export function numbers(list: readonly Message[]): number[] {
  return list.map(({ body }) => Number(body))
}

/** The one live message of an id, or null. */
export async function got({ data }: Stores, at: QueueKey, id: MessageId): Promise<Message | null> {
  const { messages: found } = await data.get(at, [id])
  return found[0] ?? null
}

/** The numbers of a reading. */
export async function listed({ data }: Stores, at: QueueKey, range: Partial<ReadRange> = {}): Promise<number[]> {
  return numbers((await data.read(at, { ...FREE, ...range })).messages)
}

/** The three counts. */
export async function counts({ data }: Stores, at: QueueKey): Promise<{ free: number; claimed: number; delayed: number }> {
  const { free, claimed: held, delayed } = await data.stats(at)
  return { free, claimed: held, delayed }
}

/** What a project keeps. */
export function usage({ data }: Stores, project = PROJECT): Promise<Usage> {
  return data.usage(project)
}

/** Sweeps until nothing is due. */
export async function settleAll({ data }: Stores): Promise<void> {
  while ((await data.settle(100)).more) {
    // One more slice.
  }
}

/** The first of a list that must have one. */
export function first<Item>(list: readonly Item[]): Item {
  const [item] = list
  if (item === undefined) throw new Error('the list is empty')
  return item
}

/** `range(3)` is `[0, 1, 2]`. */
export function range(end: number, start = 0): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index)
}
