/** `marconi-manage export` and `import`: the queues of a project as JSON lines. */
import { fstatSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { systemClock } from '../../clock.ts'
import { exportProject, importProject } from '../../service/transfer.ts'
import { showProgress } from './progress.ts'
import { collect, configOf, onStores, print, projectOf, queueOf, withStores, type Common } from './session.ts'

const PROGRAM = 'marconi-manage'

/** Adds the commands. */
export function addTransferCommands(program: Command): void {
  onStores(program.command('export').argument('<project>', 'the id of the project'))
    .description('writes the queues of a project and their messages to standard output, as JSON lines')
    .option('--queue <name>', 'only this queue; may be repeated', collect)
    .action(exportQueues)
  onStores(program.command('import').argument('<project>', 'the id of the project'))
    .description('reads what export wrote from standard input into a project')
    .option('--append', 'post to queues that exist, instead of refusing them')
    .action(importQueues)
}

async function exportQueues(name: string, options: Common & { readonly queue?: readonly string[] }): Promise<void> {
  const project = projectOf(name)
  const queues = options.queue?.map(queueOf) ?? null
  await withStores(configOf(options), async stores => {
    const { messages: total } = await stores.data.usage(project)
    const progress = showProgress(PROGRAM, 'exporting')
    const told = ({ queues: done, messages }: { readonly queues: number; readonly messages: number }) => {
      progress.update(messages, Math.max(total, messages), `${messages} messages of ${done} queues`)
    }
    await exportProject(stores, project, queues, print, told).finally(() => { progress.stop() })
  })
}

async function importQueues(name: string, options: Common & { readonly append?: true }): Promise<void> {
  const project = projectOf(name)
  await withStores(configOf(options), async stores => {
    const progress = showProgress(PROGRAM, 'importing')
    const input = new Input()
    await importProject({ ...stores, clock: systemClock }, project, input.lines(), options.append ? 'append' : 'refuse', ({ queues, messages }) => {
      progress.update(input.read, Math.max(input.size, input.read), `${messages} messages of ${queues} queues`)
    }).finally(() => { progress.stop() })
  })
}

/** Standard input, line by line. */
class Input {
  /** Bytes that were read. */
  read = 0
  /** Bytes there are, if it is a file; else 0. */
  readonly size: number

  constructor() {
    const stat = fstatSync(process.stdin.fd)
    this.size = stat.isFile() ? stat.size : 0
  }

  async* lines(): AsyncGenerator<string> {
    process.stdin.on('data', (chunk: Buffer) => { this.read += chunk.length })
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) yield line
  }
}
