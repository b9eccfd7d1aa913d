/** `marconi-manage queue`: single queues. */
import type { Command } from 'commander'
import { fail } from '../../errors.ts'
import type { Moving, QueueRecord, Stats } from '../../storage/contract.ts'
import { configOf, onStores, print, projectOf, queueOf, tableOf, withStores, type Common } from './session.ts'

/** Adds the commands. */
export function addQueueCommands(program: Command): void {
  const queue = program.command('queue').description('single queues')
  onStores(queue.command('show').argument('<project>', 'the id of its project').argument('<queue>', 'its name'))
    .description('shows where a queue lies, its metadata, and how many messages it has')
    .option('--json', 'print one JSON object instead of a table')
    .action(showQueue)
}

async function showQueue(projectText: string, queueText: string, options: Common & { readonly json?: true }): Promise<void> {
  const [project, queue] = [projectOf(projectText), queueOf(queueText)]
  const [record, stats] = await withStores(configOf(options), async ({ control, data }) => {
    const found = await control.queue(project, queue)
    if (found === null) throw fail('QueueDoesNotExist', { project, queue })
    return [found, await data.stats(found)] as const
  })
  await print(options.json ? jsonOf(record, stats) : tableOf(rowsOf(record, stats)))
}

function movingText(moving: Moving | null): string {
  return moving === null ? 'no' : `to ${moving.to}, ${moving.stage}`
}

function rowsOf({ project, queue, epoch, pool, moving, metadata }: QueueRecord, { free, claimed, delayed, oldest, newest }: Stats): string[][] {
  const end = (at: Stats['oldest']) => at === null ? '-' : `${at.id} ${new Date(at.created).toISOString()}`
  return [
    ['project', project], ['queue', queue], ['epoch', String(epoch)], ['pool', pool ?? '-'], ['moving', movingText(moving)],
    ['free', String(free)], ['claimed', String(claimed)], ['delayed', String(delayed)], ['oldest', end(oldest)], ['newest', end(newest)],
    ['metadata', metadata],
  ]
}

/** The metadata stay the text that they are. */
function jsonOf({ project, queue, epoch, pool, moving, metadata }: QueueRecord, { free, claimed, delayed, oldest, newest }: Stats): string {
  const rest = JSON.stringify({ project, queue, epoch, pool, moving, messages: { free, claimed, delayed }, oldest, newest })
  return `${rest.slice(0, -1)},"metadata":${metadata.replace(/[\r\n]/g, ' ')}}\n`
}
