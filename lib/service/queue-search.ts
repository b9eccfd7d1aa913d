/** Finding queues by name and metadata (api-v2.md 4.5). */
import { fail } from '../errors.ts'
import { memberSpans, type JsonNode, type JsonText } from '../model/json.ts'
import type { Project } from '../model/names.ts'
import type { ControlStore, QueueRecord } from '../storage/contract.ts'

/** What a queue must be like to be found. */
export interface QueueFilter {
  /** What its name holds; null for any name. */
  readonly name: string | null
  /** Members of its metadata, with the values that they must have: whole numbers as such, all else as text. */
  readonly metadata: ReadonlyMap<string, string>
}

/** A page of queues. */
export interface FoundQueues {
  readonly records: readonly QueueRecord[]
  /** Where the next page begins: after the last queue of this one, or after the last that was looked at. Null if there is none. */
  readonly marker: string | null
}

/** Queues that one request looks at, at most. */
const MAX_LOOKED_AT = 10_000
/** Queues that are looked at together, before others have their turn. */
const SLICE = 200

/**
 * Queues of a project after a name, at most `limit`, that pass the filter. After 10 000 queues a page ends with what was found; if
 * that is nothing the request fails and says where to go on, so that no page is empty with more behind it.
 */
export async function findQueues(control: ControlStore, project: Project, after: string, limit: number, filter: QueueFilter): Promise<FoundQueues> {
  if (filter.name === null && filter.metadata.size === 0) return ended(await control.listQueues(project, after, limit))
  const found: QueueRecord[] = []
  let marker = after
  for (let looked = 0; looked < MAX_LOOKED_AT; looked += SLICE) {
    const slice = await control.listQueues(project, marker, SLICE)
    for (const record of slice) {
      marker = record.queue
      if (passes(record, filter)) found.push(record)
      if (found.length === limit) return { records: found, marker }
    }
    if (slice.length < SLICE) return ended(found)
  }
  if (found.length === 0) throw fail('FilterFoundNothing', { max: MAX_LOOKED_AT, marker })
  return { records: found, marker }
}

function ended(records: readonly QueueRecord[]): FoundQueues {
  return { records, marker: records.at(-1)?.queue ?? null }
}

function passes({ queue, metadata }: QueueRecord, filter: QueueFilter): boolean {
  if (filter.name !== null && !queue.includes(filter.name)) return false
  return filter.metadata.size === 0 || hasMembers(metadata, filter.metadata)
}

function hasMembers(metadata: JsonText, wanted: ReadonlyMap<string, string>): boolean {
  const values = new Map(memberSpans(metadata).map(({ key, value }) => [key, value]))
  for (const [key, text] of wanted) {
    const value = values.get(key)
    if (value === undefined || !equals(value, text)) return false
  }
  return true
}

const INTEGER = /^[+-]?[0-9]+$/

function equals(value: JsonNode, text: string): boolean {
  if (!INTEGER.test(text)) return value.kind === 'string' && JSON.parse(value.text) === text
  if (value.kind === 'integer') return BigInt(value.text) === BigInt(text.replace('+', ''))
  return value.kind === 'number' && Number(value.text) === Number(text)
}
