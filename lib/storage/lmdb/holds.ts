/** What claims and moves left on the messages of one queue, within one transaction or reading. */
import type { Epoch, MessageId, Sequence } from '../../model/names.ts'
import type { Environment } from './environment.ts'
import { aliasKey, messageKey } from './keys.ts'
import { readHold, readPosition, writeHold, writePosition, type Hold } from './rows.ts'

/** The holds of a queue, each read once, with the ids under which messages were moved into it. */
export class Holds {
  readonly #epoch: Epoch
  readonly #env: Environment
  readonly #known = new Map<Sequence, Hold | null>()

  constructor(env: Environment, epoch: Epoch) {
    this.#env = env
    this.#epoch = epoch
  }

  get(sequence: Sequence): Hold | null {
    const known = this.#known.get(sequence)
    if (known !== undefined) return known
    const hold = this.#env.holds.parse(messageKey(this.#epoch, sequence), readHold)
    this.#known.set(sequence, hold)
    return hold
  }

  set(sequence: Sequence, hold: Hold): void {
    this.#env.holds.put(messageKey(this.#epoch, sequence), writeHold(hold))
    this.#known.set(sequence, hold)
  }

  /** Puts the hold of a message that has come into the queue; a moved one is found by its id from now on. */
  admit(sequence: Sequence, hold: Hold): void {
    this.set(sequence, hold)
    if (hold.moved !== null) this.#env.aliases.put(aliasKey(this.#epoch, hold.moved.id), writePosition(sequence))
  }

  /** Forgets the hold of a message that leaves the queue, and the id under which it was moved there. */
  remove(sequence: Sequence): void {
    const moved = this.get(sequence)?.moved ?? null
    if (moved !== null) this.#env.aliases.remove(aliasKey(this.#epoch, moved.id))
    this.#env.holds.remove(messageKey(this.#epoch, sequence))
    this.#known.set(sequence, null)
  }

  /** Where the message is that was moved here under this id; null if there is none. */
  positionOf(id: MessageId): Sequence | null {
    return this.#env.aliases.parse(aliasKey(this.#epoch, id), readPosition)
  }
}
