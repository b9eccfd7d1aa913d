/** `marconi-manage gc`, which is marconi-gc as well. */
import type { Command } from 'commander'
import { Problems } from '../../problems.ts'
import { sweep } from '../../service/sweeper.ts'
import { reasonOf } from '../process.ts'
import { configOf, onStores, withStores, type Common } from './session.ts'

/** Says what it does. */
export const SWEEP_DESCRIPTION = 'removes once all that has expired; a running server does so by itself'

/** Adds the command. */
export function addSweepCommand(program: Command): void {
  onStores(program.command('gc')).description(SWEEP_DESCRIPTION).action(sweepOnce)
}

/** Gives back the space of all that is due. */
export async function sweepOnce(options: Common): Promise<void> {
  const problems: string[] = []
  await withStores(configOf(options), ({ data }) => sweep(data), (pool, failure) => {
    problems.push(`${pool === null ? 'the message store' : `pool ${pool}`} cannot be swept: ${reasonOf(failure)}`)
  })
  if (problems.length > 0) throw new Problems(problems)
}
