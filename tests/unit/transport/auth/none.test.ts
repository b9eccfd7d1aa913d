import t from 'tap'
import { believe } from '../../../../lib/transport/http/auth/none.ts'

function of(...rawHeaders: string[]): ReturnType<typeof believe> {
  return believe({ rawHeaders, headers: rawHeaders.length === 0 ? {} : { 'x-project-id': rawHeaders.filter((_, index) => index % 2 === 1).join(', ') } })
}

t.test('a request is of the project that it says, of the global namespace if it says none', async t => {
  t.same(of('X-Project-ID', 'p1'), { project: 'p1', caller: { project: 'p1', user: null, roles: [], isAdminProject: true, expires: null } })
  t.equal(of().project, '')
  t.equal(of('X-Project-ID', 'a, b').project, 'a, b')
})

t.test('an id that is too long is of no project, and reaches none', async t => {
  t.equal(of('X-Project-ID', 'x'.repeat(257)).project, null)
})

t.test('an empty and a repeated header are refused', async t => {
  t.throws(() => of('X-Project-ID', ''), { name: 'ProjectEmpty' })
  t.throws(() => of('X-Project-ID', 'a', 'x-project-id', 'b'), { name: 'QueueIdentificationInvalid' })
})
