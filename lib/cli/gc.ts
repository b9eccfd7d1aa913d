#!/usr/bin/env node
/** marconi-gc: one sweep, for cron. */
import { programOf, run } from './manage/run.ts'
import { onStores } from './manage/session.ts'
import { SWEEP_DESCRIPTION, sweepOnce } from './manage/sweep.ts'

process.exit(await run(onStores(programOf('marconi-gc', SWEEP_DESCRIPTION)).action(sweepOnce)))
