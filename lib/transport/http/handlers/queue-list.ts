/** The list of queues. */
import { fail } from '../../../errors.ts'
import { checkQueuesLimit, DEFAULT_PAGE } from '../../../model/limits.ts'
import { findQueues, type FoundQueues, type QueueFilter } from '../../../service/queue-search.ts'
import type { QueueRecord } from '../../../storage/contract.ts'
import { answerEmpty, answerJson, setContentLocation } from '../answers.ts'
import { nextLinks, queueHref, queuesHref, type GivenParameter } from '../links.ts'
import type { Query } from '../parameters.ts'
import type { Context, Parts } from '../state.ts'
import { shownMetadata } from './metadata.ts'

/** What newer versions can ask of the list. */
interface Search extends QueueFilter {
  readonly withCount: boolean | null
}

const NOTHING: FoundQueues = { records: [], marker: null }
const NO_SEARCH: Search = { name: null, metadata: new Map(), withCount: null }

/** The parameters of the list that are no filters on metadata. */
const PARAMETERS: ReadonlySet<string> = new Set(['marker', 'limit', 'detailed', 'name', 'with_count'])

/** Lists the queues of a project by name. */
export async function listQueues(ctx: Context, parts: Parts): Promise<void> {
  const { project, query, dialect } = ctx.state
  const { stores: { control }, limits } = parts
  const former = query.text('marker')
  const limit = query.integer('limit')
  const detailed = query.boolean('detailed')
  const size = limit ?? DEFAULT_PAGE
  const { withCount, ...filter } = dialect.attributes === 'in_effect' ? readSearch(query) : NO_SEARCH
  checkQueuesLimit(size, limits)

  const { records, marker } = project === null ? NOTHING : await findQueues(control, project, former ?? '', size, filter)
  const count = withCount === true && project !== null ? await control.countQueues(project) : 0
  if (marker === null) {
    answerEmptyPage(ctx, count)
    return
  }
  let list = ''
  for (const record of records) list += (list === '' ? '' : ',') + showQueue(ctx, record, detailed === true ? parts : null)
  const given: GivenParameter[] = [['limit', limit], ['detailed', detailed], ['name', filter.name], ['with_count', withCount], ...filter.metadata]
  const links = nextLinks(queuesHref(dialect), given, marker, former === null ? 'last' : dialect.markerPlace)
  setContentLocation(ctx)
  answerJson(ctx, 200, `{"queues":[${list}],"links":${links}${showCount(count)}}`)
}

/** Every parameter that is not known is a filter on metadata. */
function readSearch(query: Query): Search {
  const metadata = new Map<string, string>()
  for (const name of query.names()) {
    if (PARAMETERS.has(name)) continue
    const [value, ...more] = query.list(name)
    if (more.length > 0) throw fail('FilterRepeated', { name })
    if (value !== undefined) metadata.set(name, value)
  }
  return { name: query.text('name'), metadata, withCount: query.boolean('with_count') }
}

function showCount(count: number): string {
  return count === 0 ? '' : `,"count":${count}`
}

function answerEmptyPage(ctx: Context, count: number): void {
  if (ctx.state.dialect.emptyPage === 204) answerEmpty(ctx, 204)
  else answerJson(ctx, 200, `{"queues":[],"links":[]${showCount(count)}}`)
}

/** Shows a queue, with its metadata if there are parts to show them with. */
function showQueue(ctx: Context, { queue, metadata }: QueueRecord, detailed: Parts | null): string {
  const href = queueHref(ctx.state.dialect, queue)
  return detailed === null
    ? `{"name":"${queue}","href":"${href}"}`
    : `{"name":"${queue}","metadata":${shownMetadata(ctx, metadata, detailed)},"href":"${href}"}`
}
