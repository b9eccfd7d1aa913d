/** Taking the queues of a project out of a store, and putting them into another. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { fail, MarconiError } from '../errors.ts'
import type { NewMessage } from '../model/message.ts'
import { parseClientId, START, type Project, type QueueName, type Sequence } from '../model/names.ts'
import { Problems } from '../problems.ts'
import type { Operation, QueueRecord, Stores } from '../storage/contract.ts'
import { BadLine, exported, imported, readLine, writeLine, type ExportedMessage, type Line } from './transfer-lines.ts'

/** Queues that are listed at once, and messages that are read or written at once. */
const QUEUES_PAGE = 100
const PAGE = 100

/** What has gone through. */
export interface Transferred {
  readonly queues: number
  readonly messages: number
}

/** What a queue that stands means to an import: it is refused, or what comes is posted behind what it holds. */
export type OntoExisting = 'refuse' | 'append'

/**
 * Writes the queues of a project, or those that are named, line by line. It is no snapshot: what changes meanwhile is written as it was
 * before or after, each message once at most.
 */
export async function exportProject(
  { control, data }: Stores, project: Project, names: readonly QueueName[] | null, write: (text: string) => Promise<void>, tell: (done: Transferred) => void,
): Promise<Transferred> {
  let [queues, messages] = [0, 0]
  await write(writeLine({ kind: 'start' }))
  for await (const record of recordsOf({ control }, project, names)) {
    const { next } = await data.dump(record, START, 1)
    await write(writeLine({ kind: 'queue', queue: record.queue, metadata: record.metadata, next }))
    queues++
    for (let after: Sequence | null = START; after !== null;) {
      const page = await data.dump(record, after, PAGE)
      await write(page.messages.map(message => writeLine({ kind: 'message', message: exported(record.epoch, message) })).join(''))
      messages += page.messages.length
      tell({ queues, messages })
      after = page.messages.at(-1)?.sequence ?? null
    }
  }
  await write(writeLine({ kind: 'end', queues, messages }))
  return { queues, messages }
}

async function* recordsOf({ control }: Pick<Stores, 'control'>, project: Project, names: readonly QueueName[] | null): AsyncGenerator<QueueRecord> {
  for (const queue of names ?? []) {
    const record = await control.queue(project, queue)
    if (record === null) throw fail('QueueDoesNotExist', { project, queue })
    yield record
  }
  if (names !== null) return
  for (let after = ''; ;) {
    const page = await control.listQueues(project, after, QUEUES_PAGE)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.queue
  }
}

/** Reads lines that an export wrote into a project. Fails with the number of the first line that cannot be done; those before it are. */
export async function importProject(
  stores: Stores & { readonly clock: Clock }, project: Project, lines: AsyncIterable<string>, ontoExisting: OntoExisting, tell: (done: Transferred) => void,
): Promise<Transferred> {
  const run = new Import(stores, project, ontoExisting)
  let number = 0
  try {
    for await (const text of lines) {
      number++
      await run.take(readLine(text))
      tell(run.done)
    }
    run.requireEnd()
  } catch (error) {
    throw error instanceof BadLine || error instanceof MarconiError ? new Problems([`line ${number}: ${whyOf(error)}`]) : error
  }
  return run.done
}

function whyOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

class Import {
  readonly #stores: Stores & { readonly clock: Clock }
  readonly #project: Project
  readonly #ontoExisting: OntoExisting
  #state: 'nothing' | 'open' | 'ended' = 'nothing'
  #target: { readonly record: QueueRecord; readonly next: Sequence; readonly isNew: boolean } | null = null
  #waiting: ExportedMessage[] = []
  #queues = 0
  #messages = 0
  /** Messages of the export, those that have expired since among them. */
  #read = 0

  constructor(stores: Stores & { readonly clock: Clock }, project: Project, ontoExisting: OntoExisting) {
    this.#stores = stores
    this.#project = project
    this.#ontoExisting = ontoExisting
  }

  get done(): Transferred {
    return { queues: this.#queues, messages: this.#messages }
  }

  async take(line: Line): Promise<void> {
    this.#check(line)
    switch (line.kind) {
      case 'start':
        this.#state = 'open'
        return
      case 'queue':
        await this.#write()
        await this.#begin(line)
        return
      case 'message':
        this.#read++
        if (line.message.until > this.#stores.clock.now()) this.#waiting.push(line.message)
        if (this.#waiting.length >= PAGE) await this.#write()
        return
      case 'end':
        await this.#write()
        if (line.queues !== this.#queues || line.messages !== this.#read) throw new BadLine(`there should be ${line.queues} queues and ${line.messages} messages before it`)
        this.#state = 'ended'
    }
  }

  /** Whether a line may come here. */
  #check({ kind }: Line): void {
    if (this.#state === 'nothing' && kind !== 'start') throw new BadLine('it does not begin as an export does')
    if (this.#state === 'open' && kind === 'start') throw new BadLine('another export begins here')
    if (this.#state === 'ended') throw new BadLine('the export has ended before')
    if (kind === 'message' && this.#target === null) throw new BadLine('a message comes before its queue')
  }

  requireEnd(): void {
    if (this.#state !== 'ended') throw new BadLine('the export is cut off behind it')
  }

  async #begin({ queue, metadata, next }: Line & { readonly kind: 'queue' }): Promise<void> {
    const creation = await this.#stores.control.createQueue(this.#project, queue, { metadata, pool: null, atMost: Infinity })
    if (creation === null) throw new BadLine(`queue ${queue} could not be created`)
    const { created: isNew, record } = creation
    if (!isNew && this.#ontoExisting === 'refuse') throw new BadLine(`queue ${queue} exists; with --append what comes is posted to it`)
    this.#queues++
    this.#target = { record, next, isNew }
    if (!isNew) return
    // Whoever posts from now on comes behind what is imported.
    await this.#commit({ op: 'restore', at: record, next, messages: [] })
    const { messages } = await this.#stores.data.dump(record, START, 1)
    if (messages.length > 0) throw new BadLine(`somebody posted to queue ${queue} as it was created; import it with --append`)
  }

  async #write(): Promise<void> {
    const messages = this.#waiting
    if (this.#target === null || messages.length === 0) return
    const { record, next, isNew } = this.#target
    this.#waiting = []
    await this.#commit(isNew
      ? { op: 'restore', at: record, next, messages: messages.map(message => imported(record.epoch, message)) }
      : { op: 'post', at: record, client: this.#client(), messages: messages.map(message => this.#anew(message)) })
    this.#messages += messages.length
  }

  /** A message that is posted, with what is left of its life and its delay. */
  #anew({ body, until, from }: ExportedMessage): NewMessage {
    const left = (moment: number) => Math.max(0, Math.ceil((moment - this.#stores.clock.now()) / 1000))
    return { body, ttl: Math.max(1, left(until)), delay: left(from) }
  }

  /** Nobody: so that every client sees what is appended. */
  #client() {
    const client = parseClientId(randomUUID())
    if (client === null) throw new Error('a UUID is no client')
    return client
  }

  async #commit(operation: Operation): Promise<void> {
    const [outcome] = await this.#stores.data.commit([operation])
    if (outcome?.is !== 'restored' && outcome?.is !== 'posted') throw new BadLine(`queue ${operation.at.queue} was deleted meanwhile`)
  }
}
