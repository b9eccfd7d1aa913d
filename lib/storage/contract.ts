/**
 * What a storage driver is. A driver is a plain object of closures, so that a stage wraps it by spreading. The suites in
 * `tests/storage/contract/` say the same in tests; a driver is done when they pass unchanged.
 *
 * Two stores: the control store keeps which queues exist and their metadata, the data store keeps messages and claims. The
 * data store knows a queue by its epoch alone, so a queue that is deleted and created again never meets its old messages.
 *
 * Absence is null; what a caller may run into is an outcome; a backend's own failure is a `StorageUnavailable` thrown with
 * the backend's error as `cause`. What has expired is invisible at once, whenever the sweeper comes by.
 */
import type { Instant } from '../clock.ts'
import type { JsonText } from '../model/json.ts'
import type { Message, NewMessage, Seconds } from '../model/message.ts'
import type { ClaimId, ClientId, Epoch, MessageId, Project, QueueName, Sequence } from '../model/names.ts'
import type { PoolName } from '../model/pool.ts'
import type { PoolDirectory, Volume } from './directory.ts'
import type { Dump, StoredMessage } from './dump.ts'

/** One incarnation of a queue. */
export interface QueueKey {
  readonly project: Project
  readonly queue: QueueName
  readonly epoch: Epoch
  /** The pool it lies in; null for the message store of the configuration. */
  readonly pool: PoolName | null
}

/** A queue as the control store knows it. */
export interface QueueRecord extends QueueKey {
  /** A JSON object, as the text that came. */
  readonly metadata: JsonText
  /** Where it is being moved to. While it is, no process may remember this record. */
  readonly moving: Moving | null
}

/** A queue on its way to another pool. Until the way is over its `pool` is the one it comes from. */
export interface Moving {
  readonly to: PoolName
  /**
   * `announced`: it is served where it lies. `sealed`: it is being copied, and whoever wants to change it waits. `copied`: it is
   * served where it was moved to, and what it left behind is yet to be dropped.
   */
  readonly stage: 'announced' | 'sealed' | 'copied'
}

/**
 * What must hold for a message to be removed: `nothing` (bulk delete), `unclaimed` (no live claim holds it), or that this
 * claim, live, holds it.
 */
export type RemoveCheck = { readonly kind: 'nothing' } | { readonly kind: 'unclaimed' } | { readonly kind: 'held_by'; readonly claim: ClaimId }

/** What one project may keep in a store. `Infinity` is no limit. */
export interface Allowance {
  /** Messages that are alive, whatever holds them. */
  readonly messages: number
  /** Bytes of their bodies. */
  readonly bytes: number
}

/** What one project keeps in a store. */
export type Usage = Allowance

/** A change of one queue. */
export type Operation =
  /**
   * Appends messages, in order, at consecutive positions, unless the project would keep more than `allowance` (no limit if left
   * out). The first post to an epoch makes it known to the store.
   */
  | {
    readonly op: 'post'; readonly at: QueueKey; readonly client: ClientId; readonly messages: readonly NewMessage[]; readonly allowance?: Allowance
    /** The bodies are to be kept sealed, by the stage `encrypt`. A driver takes no notice. */
    readonly sealed?: true
  }
  /** Removes messages by id; each has an outcome of its own. */
  | { readonly op: 'remove'; readonly at: QueueKey; readonly ids: readonly MessageId[]; readonly check: RemoveCheck }
  /**
   * Puts up to `limit` of the oldest free messages under a new claim, and lengthens their lives by api-v1.md 9.3. Those among
   * them that were handed out too often go to the dead-letter queue instead, so that there may be fewer.
   */
  | { readonly op: 'claim'; readonly at: QueueKey; readonly id: ClaimId; readonly limit: number; readonly ttl: Seconds; readonly grace: Seconds; readonly deadLetter?: DeadLetter }
  /** Starts a live claim anew from now, with the same effect on its messages. */
  | { readonly op: 'renew'; readonly at: QueueKey; readonly claim: ClaimId; readonly ttl: Seconds; readonly grace: Seconds }
  /** Ends a claim; its messages are free at once, as if it had never handed them out. Nothing happens if there is no such claim. */
  | { readonly op: 'release'; readonly at: QueueKey; readonly claim: ClaimId }
  /** Removes up to `limit` of the oldest free messages and answers them. */
  | { readonly op: 'pop'; readonly at: QueueKey; readonly limit: number }
  /** Removes up to `limit` messages up to a position, free and delayed ones; what a live claim holds stays. */
  | { readonly op: 'purge'; readonly at: QueueKey; readonly through: Sequence; readonly limit: number }
  /** Forgets the queue and all it holds, for ever: every later operation at this epoch is `gone`, or `elsewhere` if it was sealed. */
  | { readonly op: 'drop'; readonly at: QueueKey }
  /**
   * Closes the queue to every operation but `drop`, and to every reading but `dump`, for ever: it is about to be copied to another
   * store. It counts for the project until it is dropped.
   */
  | { readonly op: 'seal'; readonly at: QueueKey }
  /**
   * Puts messages where they were in another store, over what is there, so that it may be repeated in parts of any size. Later posts
   * get positions from `next` on.
   */
  | { readonly op: 'restore'; readonly at: QueueKey; readonly next: Sequence; readonly messages: readonly StoredMessage[] }

/**
 * Where a claim puts messages that were handed out too often (api-v2.md 8): at the tail, in order, free at once. They keep body, client
 * and `created`, and the id that they were first posted with, by which alone they are found there.
 */
export interface DeadLetter {
  /** Null if there is no such queue; it is not needed until a message has to move. */
  readonly to: QueueKey | null
  /** How often a message is handed out at most. */
  readonly after: number
  /** Its life there, from the move; null leaves its end as it was. */
  readonly ttl: Seconds | null
}

/**
 * What became of one id of a `remove`: `removed`; `absent` (no such live message); `claimed` (a live claim holds it, and
 * not the one named); `unclaimed` (a claim was named, but none holds it); `lapsed` (the named claim was its last, and has
 * run out).
 */
export type Removal = 'removed' | 'absent' | 'claimed' | 'unclaimed' | 'lapsed'

/**
 * What became of an operation. `over_quota`, `gone`, `elsewhere`, `no_claim` and `no_dead_letter_queue` are refusals: they undo the
 * whole unit.
 */
export type Outcome =
  | { readonly is: 'posted'; readonly ids: readonly MessageId[] }
  /** `post`: the project has `used` of `limit`, and these messages are too many. What has expired may count until it is swept. */
  | { readonly is: 'over_quota'; readonly quota: 'messages' | 'bytes'; readonly limit: number; readonly used: number }
  | { readonly is: 'removed'; readonly each: readonly Removal[] }
  /** `moved` messages went to the dead-letter queue. */
  | { readonly is: 'claimed'; readonly now: Instant; readonly messages: readonly Message[]; readonly moved: number }
  | { readonly is: 'popped'; readonly now: Instant; readonly messages: readonly Message[] }
  /** There may be more if `count` is the limit that was given. */
  | { readonly is: 'purged'; readonly count: number }
  | { readonly is: 'renewed' }
  | { readonly is: 'released' }
  | { readonly is: 'dropped' }
  /** This incarnation of the queue was dropped. */
  | { readonly is: 'gone' }
  | { readonly is: 'sealed' }
  | { readonly is: 'restored' }
  /** This incarnation was sealed: it is, or soon will be, in another store. */
  | { readonly is: 'elsewhere' }
  /** `claim`: a message should go to the dead-letter queue, but there is none, or that incarnation of it was dropped or sealed, or is in another pool. */
  | { readonly is: 'no_dead_letter_queue' }
  /** `renew`: there is no such live claim. */
  | { readonly is: 'no_claim' }

/** Which messages to read: at most `limit` after a position, in order. */
export interface ReadRange {
  readonly after: Sequence
  readonly limit: number
  /** Leave out what this client posted. */
  readonly notFrom: ClientId | null
  /** Also those that a live claim holds. */
  readonly claimed: boolean
  /** Also those whose delay is not over. */
  readonly delayed: boolean
}

/** Live messages, with the store's time at which they were read: ages are counted to it. */
export interface Reading {
  readonly now: Instant
  readonly messages: readonly Message[]
}

/** A live claim, as it stood at `now`: ages are counted to it. */
export interface Claim {
  readonly now: Instant
  readonly id: ClaimId
  readonly ttl: Seconds
  /** When it was made or last renewed. */
  readonly since: Instant
  /** When it ends unless renewed. */
  readonly expires: Instant
  /** Never empty: a claim ends with its last message. */
  readonly messages: readonly Message[]
}

/** One end of a queue. */
export interface End {
  readonly id: MessageId
  readonly created: Instant
}

/** Counts of live messages, exact at `now`. Every message is in one of `free`, `claimed` and `delayed`. */
export interface Stats {
  readonly now: Instant
  readonly free: number
  readonly claimed: number
  readonly delayed: number
  /** The first and the last in queue order; null when the queue is empty. */
  readonly oldest: End | null
  readonly newest: End | null
}

/** What a slice of sweeping left behind. */
export interface Settled {
  /** There is more that is due already. */
  readonly more: boolean
  /** When something falls due next, or null if nothing ever will as things stand. */
  readonly nextDue: Instant | null
}

/**
 * Is told that there may be something new in a queue. `messages` is about how many may be taken that could not be taken before, not too
 * few; Infinity where that is not known, and 0 where there is only something new for those who read what a claim or a delay holds.
 */
export type Wake = (messages: number) => void

/** Messages and claims. */
export interface DataStore {
  /** What is behind it, for the log. */
  readonly about?: string
  /**
   * Carries out one atomic unit. It resolves when the unit is on disk, with the outcomes in order. If one of them is a
   * refusal, nothing of the unit was applied.
   */
  commit(unit: readonly Operation[]): Promise<readonly Outcome[]>
  /** Whether this incarnation of a queue was not dropped. One that was sealed stands, wherever it is. */
  stands(at: QueueKey): Promise<boolean>
  /** Reads a page of a queue. */
  read(at: QueueKey, range: ReadRange): Promise<Reading>
  /** The position of a live message that was moved into this queue, by its id; null if there is none. */
  position(at: QueueKey, id: MessageId): Promise<Sequence | null>
  /** The live messages among `ids`, in that order. */
  get(at: QueueKey, ids: readonly MessageId[]): Promise<Reading>
  /** A live claim with its messages, or null. */
  claim(at: QueueKey, id: ClaimId): Promise<Claim | null>
  stats(at: QueueKey): Promise<Stats>
  /** What a project keeps. What has expired may count until it is swept. */
  usage(project: Project): Promise<Usage>
  /** Live messages after a position with all that is known of them, at most `limit`. Of a sealed queue too. */
  dump(at: QueueKey, after: Sequence, limit: number): Promise<Dump>
  /**
   * Calls `wake` whenever there may be something new to read or to take in a queue, until what it answers is called: a message was
   * posted, released, moved or restored there, its claim or its delay has ended, by whichever process. It may be called in vain, never
   * too seldom. Whoever waits looks after `watch` has returned, and again at each call: what came before is not told. Where several
   * processes watch a queue, none is always the last to be told. A queue that ended has nothing new.
   */
  watch(at: QueueKey, wake: Wake): () => void
  /** Gives back the space of what is due: at most about `atMost` messages, so that nobody waits long for it. */
  settle(atMost: number): Promise<Settled>
  /** What lies in the store as a whole, for drivers that can tell without looking at every message. */
  volume?(): Promise<Volume>
  /** Resolves if the store can serve. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** What a new queue is given besides its name. */
export interface NewQueue {
  readonly metadata: JsonText
  /** Where it shall lie; null for the message store of the configuration. */
  readonly pool: PoolName | null
  /** How many queues the project may have with it. */
  readonly atMost: number
}

/** Queues by name, and the pools and flavors. */
export interface ControlStore extends PoolDirectory {
  queue(project: Project, queue: QueueName): Promise<QueueRecord | null>
  /**
   * Creates a queue under a fresh epoch, or answers the one that stands, unchanged. Null if it is a new one and the project has
   * `atMost` queues already. Fails as unavailable if there is no such pool: it was removed since it was chosen.
   */
  createQueue(project: Project, queue: QueueName, given: NewQueue): Promise<{ readonly created: boolean; readonly record: QueueRecord } | null>
  /** How many queues a project has. */
  countQueues(project: Project): Promise<number>
  /** Replaces the metadata of this incarnation; false if it is no more, or if its metadata are others than `former`, where that is given. */
  setMetadata(at: QueueKey, metadata: JsonText, former?: JsonText): Promise<boolean>
  /** Forgets this incarnation's name. Nothing happens if it is no more, or another stands there. */
  removeQueue(at: QueueKey): Promise<void>
  /**
   * Calls `change` whenever another queue may stand under a name, or the queue there may lie elsewhere, by whichever process, until what
   * it answers is called. The rules are those of `DataStore.watch`.
   */
  watch(name: Pick<QueueKey, 'project' | 'queue'>, change: () => void): () => void
  /** Queues of one project whose names sort after `after` in byte order, at most `limit`. */
  listQueues(project: Project, after: string, limit: number): Promise<readonly QueueRecord[]>
  ping(): Promise<void>
  close(): Promise<void>
}

/** The two stores that a service works on. */
export interface Stores {
  readonly control: ControlStore
  readonly data: DataStore
}
