import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import type { Project } from '../../../lib/model/names.ts'
import { openQuotas, parseOverrides, QuotaError } from '../../../lib/quota/overrides.ts'
import { until } from '../../helpers/until.ts'

const DEFAULTS = { queues: 10, messages: 0, bytes: 0, requests_per_second: 0, burst: 0, waits: 0 }
const OPTIONS = { ...DEFAULTS, rate_limit_status: '503', overrides: '' } as const

t.test('a project that is named has its own limits, and those of all for what is left out', async t => {
  const quotas = parseOverrides('p1:\n  queues: 0\n  requests_per_second: 5\np2:\n  bytes: 100\np3:\n', 'q.yaml', DEFAULTS)
  t.match(quotas.get('p1'), { queues: Infinity, messages: Infinity, requestsPerSecond: 5, burst: 5 })
  t.match(quotas.get('p2'), { queues: 10, bytes: 100 })
  t.match(quotas.get('p3'), { queues: 10 })
  t.equal(parseOverrides('', 'q.yaml', DEFAULTS).size, 0)
})

t.test('everything that is wrong with a file is said at once', async t => {
  const text = 'p1:\n  queus: 1\n  bytes: -1\n  messages: many\np2: 5\n123e4: {}\n'
  t.throws(() => parseOverrides(text, 'q.yaml', DEFAULTS), {
    name: 'QuotaError',
    problems: [
      'q.yaml: project p1: queus: there is no such limit; there are queues, messages, bytes, requests_per_second, burst, waits',
      'q.yaml: project p1: bytes: -1 is not a whole number from 0',
      'q.yaml: project p1: messages: many is not a whole number from 0',
      'q.yaml: project p2 must be a map',
      'q.yaml: project 1230000: an id that looks like a number must be quoted',
    ],
  })
  t.throws(() => parseOverrides('[', 'q.yaml', DEFAULTS), QuotaError)
  t.throws(() => parseOverrides('- p1', 'q.yaml', DEFAULTS), QuotaError)
})

t.test('a file that changes is followed, and one that becomes bad is not', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'marconi-quotas-'))
  const file = join(folder, 'quotas.yaml')
  const errors: unknown[] = []
  const log = pino({ level: 'error' }, { write: line => { errors.push(line) } })
  writeFileSync(file, 'p1: { queues: 1 }')
  const quotas = await openQuotas({ ...OPTIONS, overrides: file }, log)
  t.teardown(() => {
    quotas.close()
    rmSync(folder, { recursive: true })
  })
  t.equal(quotas.of('p1' as Project).queues, 1)
  t.equal(quotas.of('p2' as Project).queues, 10)
  writeFileSync(file, 'p1: { queues: 22 }')
  await until('the change is followed', () => quotas.of('p1' as Project).queues === 22)
  writeFileSync(file, 'p1: { queues: nonsense }')
  utimesSync(file, 1, 1)
  await until('the fault is logged', () => errors.length > 0)
  t.equal(quotas.of('p1' as Project).queues, 22)
})

t.test('a file that cannot be read refuses the start', async t => {
  await t.rejects(openQuotas({ ...OPTIONS, overrides: '/nowhere/quotas.yaml' }, pino({ level: 'silent' })), { name: 'QuotaError', message: '/nowhere/quotas.yaml: it cannot be read: ENOENT' })
})
