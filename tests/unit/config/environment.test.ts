import t from 'tap'
import { givenByVariables, readEnvironment, variableOf } from '../../../lib/config/environment.ts'
import { namesOf } from '../../../lib/config/names.ts'
import { GROUPS } from '../../../lib/config/tables.ts'

const names = namesOf(GROUPS)

t.test('a variable is named after group and option, in capitals', async t => {
  t.equal(variableOf('drivers:transport:wsgi/port'), 'MARCONI_DRIVERS_TRANSPORT_WSGI__PORT')
  t.equal(variableOf('DEFAULT/debug'), 'MARCONI_DEFAULT__DEBUG')
  t.equal(variableOf('a.b/c-d'), 'MARCONI_A_B__C_D')
})

t.test('no two options share a variable', async t => {
  t.equal(new Set([...names.keys()].map(variableOf)).size, names.size)
})

t.test('variables give options, under deprecated names too', async t => {
  const { given, problems } = givenByVariables(names, { MARCONI_DEFAULT__DEBUG: 'on', MARCONI_DRIVERS__STORAGE: '', PATH: '/bin', MARCONI_REQUIRE: 'python', OTHER__X: '1' })
  t.same(given, [
    { key: 'DEFAULT/debug', text: 'on', origin: 'MARCONI_DEFAULT__DEBUG' },
    { key: 'drivers/storage', text: '', origin: 'MARCONI_DRIVERS__STORAGE' },
  ])
  t.same(problems, [])
})

t.test('a variable of our form that belongs to no option is a problem', async t => {
  const { problems } = givenByVariables(names, { MARCONI_DRIVERS_TRANSPORT_WSGI__PROT: '1', MARCONI_X__Y: '1' })
  t.same(problems.map(({ text }) => text), [
    'MARCONI_DRIVERS_TRANSPORT_WSGI__PROT: no option has this variable; did you mean MARCONI_DRIVERS_TRANSPORT_WSGI__PORT, for [drivers:transport:wsgi] port?',
    'MARCONI_X__Y: no option has this variable',
  ])
})

t.test('the folders of the user are those of XDG, if they are absolute', async t => {
  const { home, configHome, dataHome } = readEnvironment({ HOME: '/h', XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: 'relative' })
  t.same({ home, configHome, dataHome }, { home: '/h', configHome: '/c', dataHome: '/h/.local/share' })
  t.equal(readEnvironment({ HOME: '/h' }).configHome, '/h/.config')
})

t.test('without HOME the home folder is the one of the user', async t => {
  t.ok(readEnvironment({}).home)
})
