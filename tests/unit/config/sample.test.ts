import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseIni } from '../../../lib/config/ini.ts'
import { givenByText } from '../../../lib/config/load.ts'
import { merge } from '../../../lib/config/merge.ts'
import { namesOf } from '../../../lib/config/names.ts'
import { sampleOf } from '../../../lib/config/sample.ts'
import { GROUPS, type Group } from '../../../lib/config/tables.ts'

t.test('etc/marconi.conf.sample is what the tables say', async t => {
  const committed = readFileSync(new URL('../../../../etc/marconi.conf.sample', import.meta.url), 'utf8')
  t.equal(committed, sampleOf(GROUPS), 'run "npm run genconfig"')
})

/** The sample with the # taken off every value. */
function uncommented(groups: readonly Group[]): string {
  return sampleOf(groups).replace(/^#(?=\w+ =)/gm, '')
}

t.test('the sample as it stands gives nothing', async t => {
  const { assignments, problems } = parseIni(sampleOf(GROUPS), 'sample')
  t.same([assignments, problems], [[], []])
})

t.test('the sample with every value uncommented gives the defaults', async t => {
  const names = namesOf(GROUPS)
  const { given, problems } = givenByText(names, uncommented(GROUPS), 'sample')
  t.same(problems, [])
  t.equal(given.length, GROUPS.reduce((count, { options }) => count + Object.keys(options).length, 0))
  t.same(merge(GROUPS, names, [given]), merge(GROUPS, names, []))
})

t.test('defaults that the file would change are escaped and quoted', async t => {
  const options = Object.fromEntries(['$a', ' b ', '"c"', "'d'", '"', 'e # f', ''].map((value, index) =>
    [`o${String(index)}`, { doc: '', format: 'string', default: value } as const]))
  const groups = [{ name: 'g', doc: '', options }]
  const { given } = givenByText(namesOf(groups), uncommented(groups), 'sample')
  t.same(merge(groups, namesOf(groups), [given]), merge(groups, namesOf(groups), []))
})

t.test('an option is shown with its documentation, its values, its old names and its default', async t => {
  const option = { doc: `${'word '.repeat(30)}end.`, format: ['', 'b'], default: 'b', deprecated: ['old/name'] } as const
  const sample = sampleOf([{ name: 'g', doc: 'A group.', options: { o: option } }])
  t.match(sample, '\n[g]\n# A group.\n\n# word word')
  t.match(sample, 'end.\n# Choices: (empty), b\n# Deprecated: [old] name\n#o = b\n')
  t.ok(sample.split('\n').every(line => line.length <= 100))
})
