/** `marconi-manage db`: the databases behind the stores. */
import type { Command } from 'commander'
import { syncStores } from '../../storage/registry.ts'
import { configOf, onStores, print, withStores, type Common } from './session.ts'

/** Adds the commands. */
export function addDatabaseCommands(program: Command): void {
  const db = program.command('db').description('the databases behind the stores')
  onStores(db.command('sync'))
    .description('makes what the stores need in their databases and checks what is there; may be given at any time')
    .action(sync)
}

async function sync(options: Common): Promise<void> {
  const config = configOf(options)
  for (const line of await syncStores(config)) await print(`${line}\n`)
  await withStores(config, async ({ pools }) => {
    for (const { name } of await pools.pools()) {
      await pools.use(name, store => store.ping())
      await print(`pool ${name}: in order\n`)
    }
  })
}
