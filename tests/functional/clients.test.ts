/** Clients of other projects, as they come from PyPI and the Go module proxy, at work through a real Keystone. */
import t, { type Test } from 'tap'
import { play, startStage, type Stage } from '../helpers/clients.ts'
import { missing } from '../helpers/require.ts'
import { venv } from '../helpers/venv.ts'

/** What is installed, so that the table of the documentation stays true. */
const NEWEST = ['python-openstackclient==10.5.0', 'python-zaqarclient==4.7.0', 'openstacksdk==4.22.0']
const OLD = ['python-zaqarclient==3.0.1']

/** Has a Python client run a script, if it can be had. */
async function python(t: Test, stage: Stage, name: string, requirements: readonly string[], ...args: readonly string[]): Promise<void> {
  const made = await venv(name, requirements)
  if (made.kind === 'missing') missing(t, 'python', made.reason)
  else await play(t, { command: made.python, args, env: stage.env })
}

const stage = await startStage(t)
if ('missing' in stage) missing(t, 'keystone', stage.missing)
else await suite(stage)

async function suite(stage: Stage): Promise<void> {
  await t.test('python-zaqarclient 4.7.0 does over v2 what the documentation says', t => python(t, stage, 'openstack-clients', NEWEST, 'zaqarclient_v2.py'))
  await t.test('python-zaqarclient 3.0.1 does over v1.1 what the documentation says', t => python(t, stage, 'zaqarclient-3.0.1', OLD, 'zaqarclient_old.py', '1.1'))
  await t.test('python-zaqarclient 3.0.1 does over v1 what the documentation says', t => python(t, stage, 'zaqarclient-3.0.1', OLD, 'zaqarclient_old.py', '1'))
  await t.test('the messaging commands of python-openstackclient do what the documentation says', t => python(t, stage, 'openstack-clients', NEWEST, 'openstack_commands.py'))
  await t.test('openstacksdk does what the documentation says', t => python(t, stage, 'openstack-clients', NEWEST, 'sdk.py'))
}
