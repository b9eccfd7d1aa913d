/** Clients of other projects, unmodified, at work through a real Keystone; and doc/clients.md, which says what they do. */
import t from 'tap'
import { play } from '../helpers/clients/play.ts'
import { CLIENTS } from '../helpers/clients/programs.ts'
import { startStage, type Stage } from '../helpers/clients/stage.ts'
import { missing } from '../helpers/require.ts'

async function suite({ env }: Stage): Promise<void> {
  for (const { title, install } of CLIENTS) {
    await t.test(`${title} does what the documentation says`, async t => {
      const program = await install()
      if ('reason' in program) missing(t, program.part, program.reason)
      else await play(t, program, env)
    })
  }
}

const stage = await startStage(t)
if ('missing' in stage) missing(t, 'keystone', stage.missing)
else await suite(stage)
