import t from 'tap'
import type { Project } from '../../../lib/model/names.ts'
import { OpenWaits } from '../../../lib/quota/waits.ts'

const [P1, P2] = ['p1', 'p2'] as unknown as [Project, Project]

t.test('a project has as many waits as it may, over all processes', async t => {
  const waits = new OpenWaits()
  const [one, other] = [waits.share(), waits.share()]
  t.same([one.enter(P1, 2), other.enter(P1, 2), one.enter(P1, 2), other.enter(P1, 2)], [true, true, false, false])
  t.equal(one.enter(P2, 2), true)
  one.leave(P1)
  t.same([other.enter(P1, 2), one.enter(P1, 2)], [true, false])
})

t.test('what a process that died had open is counted off, and nothing twice', async t => {
  const waits = new OpenWaits()
  const [dying, living] = [waits.share(), waits.share()]
  for (let no = 0; no < 3; no++) dying.enter(P1, 3)
  t.equal(living.enter(P1, 3), false)
  dying.close()
  dying.leave(P1)
  t.same([living.enter(P1, 1), living.enter(P1, 1)], [true, false])
})
