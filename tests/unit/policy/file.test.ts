import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { Caller } from '../../../lib/model/caller.ts'
import type { Project } from '../../../lib/model/names.ts'
import { openPolicy, PolicyError, policyPlace, type FilePolicy } from '../../../lib/policy/file.ts'

const MEMBER: Caller = { project: 'p1' as Project, user: null, roles: ['member'], isAdminProject: true, expires: null }
const allows = (policy: FilePolicy) => policy.allows('queues:get', MEMBER)

interface Logged { readonly level: number; readonly msg: string; readonly problems?: string[] }

async function open(t: Test, files: Record<string, string>): Promise<{ policy: FilePolicy; folder: string; logged: Logged[]; write: (name: string, text: string) => void }> {
  const folder = t.testdir(files)
  const logged: Logged[] = []
  const log = pino({}, { write: (line: string) => { logged.push(JSON.parse(line) as Logged) } })
  const policy = await openPolicy({ file: join(folder, 'policy.yaml'), folders: [join(folder, 'policy.d')] }, log)
  t.teardown(() => { policy.close() })
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, 'new'), text)
    renameSync(join(folder, 'new'), join(folder, name))
  }
  return { policy, folder, logged, write }
}

t.test('paths begin at the folder of the first configuration file', async t => {
  t.same(policyPlace({ policy_file: 'policy.yaml', policy_dirs: ['policy.d', '/a/b', ''] }, ['/etc/marconi/marconi.conf', '/x/y.conf']),
    { file: '/etc/marconi/policy.yaml', folders: ['/etc/marconi/policy.d', '/a/b'] })
  t.same(policyPlace({ policy_file: '/p.yaml', policy_dirs: ['policy.d', '/a/'] }, []), { file: '/p.yaml', folders: ['/a/'] })
  t.same(policyPlace({ policy_file: 'policy.yaml', policy_dirs: [] }, []), { file: null, folders: [] })
})

t.test('without a file the defaults hold', async t => {
  t.ok(allows((await open(t, {})).policy))
})

t.test('files in folders win over the file, and over each other by name', async t => {
  const { policy, folder, write } = await open(t, { 'policy.yaml': '"queues:get": "!"' })
  t.notOk(allows(policy))
  mkdirSync(join(folder, 'policy.d'))
  write('policy.d/10-open', '"queues:get": "role:member"')
  write('policy.d/.hidden', '"queues:get": "!"')
  write('policy.d/20~', '"queues:get": "!"')
  await policy.check()
  t.ok(allows(policy))
  write('policy.d/20-close', '"queues:get": "!"')
  await policy.check()
  t.notOk(allows(policy))
  rmSync(join(folder, 'policy.d'), { recursive: true })
  write('policy.yaml', '"queues:get": "@"')
  await policy.check()
  t.ok(allows(policy))
})

t.test('a bad file refuses to be opened, with all its mistakes', async t => {
  const folder = t.testdir({ 'policy.yaml': '"queues:get": "role:x or"\n"queues:create": "rule:nothing"\n' })
  const file = join(folder, 'policy.yaml')
  await t.rejects(openPolicy({ file, folders: [] }, pino({ enabled: false })), new PolicyError([
    `${file}:1:15: queues:get: at character 10 of the rule: expected a check, "not" or "("`,
    `${file}:2:1: queues:create: rule:nothing: there is no such rule`,
  ]))
  writeFileSync(file, Buffer.of(0x22, 0xff, 0x22))
  await t.rejects(openPolicy({ file, folders: [] }, pino({ enabled: false })), /not UTF-8/)
  await t.rejects(openPolicy({ file: folder, folders: [] }, pino({ enabled: false })), /cannot be read: EISDIR/)
})

t.test('a changed file is read again; a bad one changes nothing and is one error', async t => {
  const { policy, logged, write } = await open(t, { 'policy.yaml': '"queues:get": "!"' })
  const errors = () => logged.filter(({ level }) => level >= 50)
  write('policy.yaml', '"queues:get": "role:member"')
  await policy.check()
  t.ok(allows(policy))
  write('policy.yaml', '"queues:get": "role:memb or"\n"queues:create": x')
  for (let round = 0; round < 3; round++) await policy.check()
  t.ok(allows(policy))
  t.equal(errors().length, 1)
  t.equal(errors()[0]?.problems?.length, 2)
  write('policy.yaml', '"queues:get": "!"\n"unknown": "!"')
  await policy.check()
  t.notOk(allows(policy))
  t.match(logged.at(-1), { level: 40, msg: /unknown: there is no such rule/ })
})

t.test('a file that is gone leaves its rules in force, until it is back', async t => {
  const { policy, folder, logged, write } = await open(t, { 'policy.yaml': '"queues:get": "!"' })
  rmSync(join(folder, 'policy.yaml'))
  for (let round = 0; round < 2; round++) await policy.check()
  t.notOk(allows(policy))
  t.equal(logged.filter(({ level }) => level >= 50).length, 1)
  write('policy.yaml', '"queues:get": "@"')
  await policy.check()
  t.ok(allows(policy))
})

t.test('the files are watched without being asked for', async t => {
  const { policy, write } = await open(t, { 'policy.yaml': '"queues:get": "!"' })
  write('policy.yaml', '"queues:get": "@"')
  const until = performance.now() + 10_000
  while (!allows(policy) && performance.now() < until) await new Promise(resolve => { setTimeout(resolve, 20) })
  t.ok(allows(policy))
})
