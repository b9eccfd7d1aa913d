/**
 * One server a data folder (decisions 20). The name of the socket of the process that has it (see gate.ts) stands in the store:
 * another server that starts asks there, and takes over only from one that answers no more.
 *
 * A server that takes over from one that did not leave in order starts a new generation: from then on queues skip positions
 * that may have been seen and lost.
 */
import type { Environment } from './environment.ts'

/** Another server has the data folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse'

  constructor(path: string) {
    super(`another server is using the data folder ${path}; stop it first, or choose another folder with --data-dir`)
  }
}

/** The right to serve a data folder. */
export interface Tenure {
  /** Leaves in order. */
  release(): Promise<void>
}

const OWNER = Buffer.from('owner')
const GENERATION = Buffer.from('generation')

/** How often a server has started after one that did not leave in order. */
export function currentGeneration(env: Environment): number {
  return env.meta.get(GENERATION)?.readDoubleLE() ?? 0
}

/** Takes the folder for this server, or throws `DataFolderInUse`. Before any message is posted. */
export async function takeTenure(env: Environment, path: string): Promise<Tenure> {
  while (!(await takeOver(env, path))) {
    // Another starting server was quicker: ask again.
  }
  return {
    release: () => env.write('leaving the data folder', () => {
      if (ownerOf(env) === env.name) env.meta.remove(OWNER)
    }),
  }
}

async function takeOver(env: Environment, path: string): Promise<boolean> {
  const former = await env.read('asking who has the data folder', () => ownerOf(env))
  if (former !== null && (await env.isOpenIn(former))) throw new DataFolderInUse(path)
  return env.write('taking the data folder', () => {
    if (ownerOf(env) !== former) return false
    env.meta.put(OWNER, Buffer.from(env.name))
    if (former !== null) nextGeneration(env)
    return true
  })
}

function ownerOf(env: Environment): string | null {
  return env.meta.get(OWNER)?.toString() ?? null
}

function nextGeneration(env: Environment): void {
  const value = Buffer.allocUnsafe(8)
  value.writeDoubleLE(currentGeneration(env) + 1)
  env.meta.put(GENERATION, value)
}
