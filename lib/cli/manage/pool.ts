/** `marconi-manage pool`: the stores that queues are spread over. */
import { text } from 'node:stream/consumers'
import { InvalidArgumentError, type Command } from 'commander'
import { EMPTY_OBJECT } from '../../model/json.ts'
import { maskUri, MAX_URI_LENGTH, MAX_WEIGHT, parseGroup, type Pool } from '../../model/pool.ts'
import { drainPool, IN_FLIGHT_MS, keepPool, type DrainParts } from '../../service/drain.ts'
import { putPool, removePool } from '../../service/pools.ts'
import { allPools } from '../../storage/pooling/choice.ts'
import type { OpenedStores } from '../../storage/registry.ts'
import { reasonOf } from '../process.ts'
import { showProgress } from './progress.ts'
import { configOf, onStores, poolOf, print, tableOf, withStores, type Common } from './session.ts'

/** Adds the commands. */
export function addPoolCommands(program: Command): void {
  const pool = program.command('pool').description('the stores that queues are spread over')
  onStores(pool.command('list'))
    .description('lists the pools; passwords in their addresses are not shown')
    .option('--json', 'print one JSON object a line instead of a table')
    .action(listPools)
  onStores(pool.command('create').argument('<name>', 'its name').argument('<uri>', 'its address, lmdb:///folder or mongodb://...; - reads it from standard input'))
    .description('registers a pool, or changes the one of that name')
    .requiredOption('--weight <number>', 'how likely a new queue is placed in it; 0 is never', readWeight)
    .option('--group <name>', 'the group it belongs to, for flavors')
    .action(createPool)
  onStores(pool.command('drain').argument('<name>', 'its name'))
    .description('moves all queues of a pool to others while they are in use; begun again after a stop, it goes on')
    .option('--cancel', 'take the pool back into use instead; what is already being copied is moved to its end')
    .action(drain)
  onStores(pool.command('remove').argument('<name>', 'its name'))
    .description('forgets a pool that holds no queues')
    .action((name: string, options: Common) => withStores(configOf(options), stores => removePool(stores, poolOf(name), 'stays')))
}

async function listPools(options: Common & { readonly json?: true }): Promise<void> {
  const rows = await withStores(configOf(options), async ({ control }) => {
    const pools = await allPools(control)
    return Promise.all(pools.map(async pool => ({ ...shownPool(pool), queues: await control.countQueuesIn(pool.name) })))
  })
  if (options.json) {
    await print(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    return
  }
  const head = ['name', 'weight', 'group', 'queues', 'draining', 'uri']
  await print(tableOf([head, ...rows.map(({ name, weight, group, queues, draining, uri }) => [name, String(weight), group ?? '-', String(queues), draining ? 'yes' : 'no', uri])]))
}

function shownPool({ name, weight, group, draining, uri }: Pool): Omit<Pool, 'options'> {
  return { name, weight, group, draining, uri: maskUri(uri) }
}

async function createPool(name: string, address: string, options: Common & { readonly weight: number; readonly group?: string }): Promise<void> {
  const pool = poolOf(name)
  const uri = address === '-' ? (await text(process.stdin)).trim() : address
  if (uri.length > MAX_URI_LENGTH) throw new Error(`URI must have at most ${MAX_URI_LENGTH} characters`)
  const group = options.group === undefined ? null : parseGroup(options.group)
  if (options.group !== undefined && group === null) throw new Error('--group must have 1 to 255 characters, none of them a slash or a control character')
  await withStores(configOf(options), stores => putPool(stores, pool, { uri, weight: options.weight, group, options: EMPTY_OBJECT }))
}

function readWeight(given: string): number {
  const weight = /^[0-9]+$/.test(given) ? Number(given) : -1
  if (weight < 0 || weight > MAX_WEIGHT) throw new InvalidArgumentError(`It must be a whole number from 0 to ${MAX_WEIGHT}.`)
  return weight
}

async function drain(name: string, options: Common & { readonly cancel?: true }): Promise<void> {
  const pool = poolOf(name)
  await withStores(configOf(options), async stores => {
    const progress = showProgress('marconi-manage', `draining ${pool}`)
    const run = options.cancel ? keepPool : drainPool
    const stuck = await run(partsOf(stores), pool, ({ queues, messages, left }) => {
      progress.update(queues, queues + left, `${queues} queues with ${messages} messages moved, ${left} left`)
    }).finally(() => { progress.stop() })
    for (const { project, queue, reason } of stuck) process.stderr.write(`marconi-manage: queue ${queue} of project ${project} stays: ${reasonOf(reason)}\n`)
    if (stuck.length > 0) throw new Error(`${stuck.length} queues are still in pool ${pool}; when what keeps them is put right, give the command again`)
    await print(options.cancel ? `pool ${pool} is in use\n` : `pool ${pool} holds no queues\n`)
  })
}

function partsOf({ control, pools, rememberedMs }: OpenedStores): DrainParts {
  return { control, pools, staleMs: rememberedMs + IN_FLIGHT_MS }
}
