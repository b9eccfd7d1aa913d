#!/usr/bin/env node
/** marconi-manage: looks after a store, beside a running server or without one. Each group of commands has a file in manage/. */
import { addDatabaseCommands } from './manage/database.ts'
import { addPoolCommands } from './manage/pool.ts'
import { addQueueCommands } from './manage/queue.ts'
import { addQuotaCommands } from './manage/quota.ts'
import { programOf, run } from './manage/run.ts'
import { addSweepCommand } from './manage/sweep.ts'
import { addTransferCommands } from './manage/transfer.ts'

const program = programOf('marconi-manage', 'Looks after a Marconi store, beside a running server or without one.')
for (const add of [addQuotaCommands, addQueueCommands, addPoolCommands, addTransferCommands, addSweepCommand, addDatabaseCommands]) add(program)

process.exit(await run(program))
