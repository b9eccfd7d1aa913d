/** What a client asks its database for: commands as they went out, and how the database would carry them out. */
import type { CommandStartedEvent, Document, MongoClient } from 'mongodb'

/** A command that succeeded. */
export interface Seen {
  readonly name: string
  readonly database: string
  readonly command: Document
  /** Documents that came back in the first batch; 0 of a write. */
  readonly returned: number
}

/** Writes down every command of a client that monitors them. */
export class CommandLog {
  readonly #client: MongoClient
  readonly #started = new Map<number, CommandStartedEvent>()
  #seen: Seen[] = []

  constructor(client: MongoClient) {
    this.#client = client
    client.on('commandStarted', event => { this.#started.set(event.requestId, event) })
    client.on('commandFailed', ({ requestId }) => { this.#started.delete(requestId) })
    client.on('commandSucceeded', ({ requestId, reply }) => {
      const started = this.#started.get(requestId)
      this.#started.delete(requestId)
      if (started === undefined) return
      const { commandName: name, databaseName: database, command } = started
      const answer = reply as { readonly cursor?: { readonly firstBatch?: readonly unknown[] } }
      this.#seen.push({ name, database, command: command as Document, returned: answer.cursor?.firstBatch?.length ?? 0 })
    })
  }

  /** The commands of an action. */
  async of(action: () => Promise<unknown>): Promise<readonly Seen[]> {
    this.#seen = []
    await action()
    const seen = this.#seen
    this.#seen = []
    return seen
  }

  /** How the database finds what a command asks for, one plan a filter; empty if it looks for nothing. */
  async plansOf({ name, database, command }: Seen): Promise<readonly Plan[]> {
    const isRead = name === 'find' || name === 'aggregate'
    return Promise.all(filtersOf(name, command).map(async ({ what, explained }) => {
      const plan = await this.#client.db(database).command({ explain: explained, verbosity: isRead ? 'executionStats' : 'queryPlanner' })
      return { what, stages: stagesOf(plan), examined: isRead ? examinedBy(plan) : null }
    }))
  }
}

/** How a filter is looked for. */
export interface Plan {
  readonly what: string
  /** Its stages, from the outermost: `LIMIT`, `FETCH`, `IXSCAN free`, and so on. */
  readonly stages: readonly string[]
  /** Entries of indexes that were looked at; null of a write, which is not carried out for this. */
  readonly examined: number | null
}

/** What only the driver's own machinery needs. */
const NOT_EXPLAINED = ['lsid', '$clusterTime', '$db', 'txnNumber', 'startTransaction', 'autocommit', 'readConcern', 'writeConcern', 'ordered', 'retryWrites', '$readPreference']

function filtersOf(name: string, command: Document): { readonly what: string; readonly explained: Document }[] {
  const plain = Object.fromEntries(Object.entries(command).filter(([field]) => !NOT_EXPLAINED.includes(field)))
  const each = (field: string) => (command[field] as readonly Document[]).map(one => ({ what: show(name, one['q']), explained: { ...plain, [field]: [one] } }))
  switch (name) {
    case 'find': return [{ what: show(name, command['filter']), explained: plain }]
    case 'findAndModify': return [{ what: show(name, command['query']), explained: plain }]
    case 'aggregate': return [{ what: show(name, command['pipeline']), explained: plain }]
    case 'update': return each('updates')
    case 'delete': return each('deletes')
    default: return []
  }
}

function show(name: string, filter: unknown): string {
  return `${name} ${JSON.stringify(filter)}`
}

/** The stages of the plans in a document, with the index where they have one. */
function stagesOf(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(stagesOf)
  if (typeof plan !== 'object' || plan === null) return []
  const { stage, indexName, ...deeper } = plan as Document
  const own = typeof stage === 'string' ? [typeof indexName === 'string' ? `${stage} ${indexName}` : stage] : []
  return [...own, ...Object.entries(deeper).filter(([field]) => field !== 'rejectedPlans').flatMap(([, value]) => stagesOf(value))]
}

function examinedBy(plan: unknown): number {
  if (Array.isArray(plan)) return plan.reduce<number>((sum, part) => sum + examinedBy(part), 0)
  if (typeof plan !== 'object' || plan === null) return 0
  const { totalKeysExamined, ...deeper } = plan as Document
  return typeof totalKeysExamined === 'number' ? totalKeysExamined : examinedBy(Object.values(deeper))
}
