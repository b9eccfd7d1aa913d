import t from 'tap'
import type { Identity } from '../../../../lib/transport/http/auth/identity.ts'
import { noAuthentication } from '../../../../lib/transport/http/auth/none.ts'
import { DIALECTS } from '../../../../lib/transport/http/dialects.ts'
import { project } from '../../../../lib/transport/http/guards/project.ts'
import type { Context, State } from '../../../../lib/transport/http/state.ts'

function run(identity: Identity | null | undefined, header?: string): Pick<State, 'caller' | 'project'> {
  const [dialect] = DIALECTS
  const ctx = { state: identity === undefined ? { dialect } : { dialect, identity }, req: { headers: header === undefined ? {} : { 'x-project-id': header }, rawHeaders: [] } } as unknown as Context
  project(ctx)
  return ctx.state
}

const user = { id: 'u', name: 'demo' }

t.test('the project is that of the identity, whatever the header says', async t => {
  const caller = { project: 'p1', user, roles: [], isAdminProject: true, expires: null } as unknown as NonNullable<Identity['caller']>
  for (const header of [undefined, '', 'p2', 'x'.repeat(300)]) t.match(run({ user, caller }, header), { project: 'p1', caller: { project: 'p1', user } })
})

t.test('an identity without a project is refused, and so is a request that nobody has looked at', async t => {
  t.throws(() => run({ user, caller: null }, 'p2'), { name: 'ProjectMissing', message: 'The header X-PROJECT-ID was missing', title: 'Project-Id Missing' })
  t.throws(() => run(undefined, 'p2'), { name: 'ProjectMissing' })
})

t.test('without authentication it is what the header says', async t => {
  const state: { identity?: Identity | null } = {}
  await noAuthentication().middleware({ state } as never, () => Promise.resolve())
  t.equal(state.identity, null)
  t.match(run(null, 'p2'), { project: 'p2', caller: { project: 'p2', user: null } })
  t.match(run(null), { project: '', caller: { project: '' } })
  t.equal(run(null, 'x'.repeat(300)).project, null)
})
