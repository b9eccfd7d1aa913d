/**
 * What clients know of a server that is killed again and again: what they asked for, and what was acknowledged. From it
 * follows what must be stored, what must not, and what may be either, because the answer did not arrive.
 */
import { idOf, type MessageShape } from '../../helpers/http.ts'

/** Whether something happened. `maybe` as long as it was asked for and not answered. */
type Maybe = 'no' | 'maybe' | 'yes'

/** A post: all of its messages are there, or none. */
export interface Post {
  readonly queue: string
  readonly tokens: readonly string[]
  happened: Maybe
}

/** What is known of one message. Its token is its body. */
interface Known {
  readonly post: Post
  id: string | null
  deleted: 'no' | 'yes'
  /** Deletes that were sent and not refused: any of them may have happened. */
  attempts: number
  /** When its delete was acknowledged, on the ledger's own count. */
  deletedAt: number
}

/** A claim that was handed out. */
export interface Held {
  readonly queue: string
  readonly id: string
  readonly tokens: readonly string[]
  released: Maybe
  /** The ttls that it may have now, after renewals. */
  ttls: readonly number[]
}

export class Ledger {
  readonly #messages = new Map<string, Known>()
  readonly claims = new Map<string, Held>()
  /** Messages by the claim that holds them for all we know. */
  readonly #holders = new Map<string, Held>()
  /** By queue, messages that were seen and whose delete was not acknowledged. */
  readonly #live = new Map<string, Set<string>>()
  /** What went against the rules. */
  readonly violations: string[] = []
  #time = 0
  #acknowledged = 0
  #awaited: { readonly count: number; readonly resolve: () => void } | null = null

  /** How many requests were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Resolves as soon as so many more requests are acknowledged. */
  more(count: number): Promise<void> {
    return new Promise(resolve => { this.#awaited = { count: this.#acknowledged + count, resolve } })
  }

  #acknowledge(): void {
    this.#acknowledged++
    if (this.#acknowledged === this.#awaited?.count) this.#awaited.resolve()
  }

  /** A moment that later ones can be compared with. */
  now(): number {
    return ++this.#time
  }

  get posts(): readonly Post[] {
    return [...new Set([...this.#messages.values()].map(({ post }) => post))]
  }

  message(token: string): Known {
    const known = this.#messages.get(token)
    if (known === undefined) throw new Error(`nobody posted ${token}`)
    return known
  }

  /** A post is about to be sent. */
  posting(queue: string, tokens: readonly string[]): Post {
    const post: Post = { queue, tokens, happened: 'maybe' }
    for (const token of tokens) this.#messages.set(token, { post, id: null, deleted: 'no', attempts: 0, deletedAt: Infinity })
    return post
  }

  posted(post: Post, ids: readonly string[]): void {
    this.#acknowledge()
    post.happened = 'yes'
    post.tokens.forEach((token, index) => { this.seen(token, ids[index] ?? '') })
  }

  /** A message was met under an id. */
  seen(token: string, id: string): void {
    const known = this.message(token)
    if (known.post.happened === 'no') this.violations.push(`${token} appeared after its post was found not to have happened`)
    if (known.id !== null && known.id !== id) this.violations.push(`${token} is there twice, as ${known.id} and ${id}`)
    if (known.id === null) this.#liveIn(known.post.queue).add(token)
    known.id = id
    known.post.happened = 'yes'
  }

  /** A claim was answered that was asked for at `asked`. */
  claimed(queue: string, id: string, messages: readonly MessageShape[], asked: number, ttl: number): Held {
    this.#acknowledge()
    const claim: Held = { queue, id, tokens: messages.map(({ body }) => String(body)), released: 'no', ttls: [ttl] }
    this.claims.set(id, claim)
    for (const { body, href } of messages) {
      const token = String(body)
      this.seen(token, idOf(href))
      if (this.message(token).deletedAt < asked) this.violations.push(`${token} was claimed after its delete was acknowledged`)
      const holder = this.#holders.get(token)
      if (holder?.released === 'no') this.violations.push(`${token} is in two live claims, ${holder.id} and ${id}`)
      this.#holders.set(token, claim)
    }
    return claim
  }

  /** A release is about to be sent. */
  releasing(claim: Held): void {
    claim.released = 'maybe'
  }

  released(claim: Held): void {
    this.#acknowledge()
    claim.released = 'yes'
  }

  /** A renewal is about to be sent. */
  renewing(claim: Held, ttl: number): void {
    claim.ttls = [...claim.ttls, ttl]
  }

  renewed(claim: Held, ttl: number): void {
    this.#acknowledge()
    claim.ttls = [ttl]
  }

  /** Deletes are about to be sent. */
  deleting(...tokens: readonly string[]): void {
    for (const token of tokens) this.message(token).attempts++
  }

  deleted(...tokens: readonly string[]): void {
    this.#acknowledge()
    for (const token of tokens) this.#markDeleted(token)
  }

  /** A delete was refused: it did not happen. */
  refused(token: string): void {
    this.message(token).attempts--
  }

  #markDeleted(token: string): void {
    const known = this.message(token)
    known.deleted = 'yes'
    known.deletedAt = Math.min(known.deletedAt, this.now())
    this.#liveIn(known.post.queue).delete(token)
  }

  #liveIn(queue: string): Set<string> {
    const live = this.#live.get(queue) ?? new Set()
    this.#live.set(queue, live)
    return live
  }

  /** Whether a message must be there. */
  mustBeThere(token: string): boolean {
    const { deleted, attempts, post } = this.message(token)
    return post.happened === 'yes' && deleted === 'no' && attempts === 0
  }

  /** Up to `count` of the oldest messages that may be there. */
  oldest(queue: string, count: number): string[] {
    const found: string[] = []
    for (const token of this.#liveIn(queue)) {
      if (found.length === count) break
      found.push(token)
    }
    return found
  }

  /** Compares a queue with what must be there. Whatever was open is settled by it. */
  compare(queue: string, stored: readonly MessageShape[]): void {
    const there = new Set<string>()
    for (const { body, href } of stored) {
      const token = String(body)
      if (there.has(token)) this.violations.push(`${token} is listed twice`)
      there.add(token)
      this.seen(token, idOf(href))
      if (this.message(token).deleted === 'yes') this.violations.push(`${token} is there after its delete was acknowledged`)
    }
    for (const post of this.posts) if (post.queue === queue) this.#settle(post, there)
  }

  #settle(post: Post, there: ReadonlySet<string>): void {
    for (const token of post.tokens) {
      if (!there.has(token)) {
        if (this.mustBeThere(token)) this.violations.push(`${token} is lost; its post of ${String(post.tokens.length)} was acknowledged or seen in part`)
        else if (this.message(token).attempts > 0) this.#markDeleted(token)
      }
      this.message(token).attempts = 0
    }
    // Not one of its messages was ever seen.
    if (post.happened === 'maybe') post.happened = 'no'
  }

  /** Compares a claim with what it must be: null if there is none. Answers the tokens that it holds. */
  compareClaim(claim: Held, stored: { readonly ttl: number; readonly messages: readonly MessageShape[] } | null): readonly string[] {
    const left = claim.tokens.filter(token => this.message(token).deleted !== 'yes')
    if (stored === null) {
      if (claim.released === 'no' && left.length > 0) this.violations.push(`claim ${claim.id} is gone with ${left.join(', ')}`)
      claim.released = 'yes'
      return []
    }
    if (claim.released === 'yes') this.violations.push(`claim ${claim.id} lives after its release was acknowledged`)
    claim.released = 'no'
    const holds = stored.messages.map(({ body }) => String(body))
    if (holds.join() !== left.join()) this.violations.push(`claim ${claim.id} holds ${holds.join()} instead of ${left.join()}`)
    if (!claim.ttls.includes(stored.ttl)) this.violations.push(`claim ${claim.id} has the ttl ${String(stored.ttl)}, none of ${claim.ttls.join()}`)
    claim.ttls = [stored.ttl]
    return holds
  }
}
