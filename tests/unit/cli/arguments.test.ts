import t from 'tap'
import { parseArguments, type Arguments } from '../../../lib/cli/arguments.ts'
import { namesOf } from '../../../lib/config/names.ts'
import { GROUPS } from '../../../lib/config/tables.ts'

function parse(...argv: string[]): Arguments {
  return parseArguments(argv, '1.2.3')
}

t.test('without arguments the server runs with the files that are found', async t => {
  t.same(parse(), { kind: 'run', configFiles: [], flags: {} })
})

t.test('configuration files are kept in their order', async t => {
  t.match(parse('--config-file', 'a', '--config-file=b'), { kind: 'run', configFiles: ['a', 'b'] })
})

t.test('every flag sets the option it stands for', async t => {
  const result = parse('--bind', '::1', '--port', '0', '--data-dir', 'd', '--workers', '2', '--debug', '--log-file=l')
  t.match(result, {
    kind: 'run',
    flags: {
      'drivers:transport:wsgi/bind': '::1', 'drivers:transport:wsgi/port': '0', 'DEFAULT/state_path': 'd',
      'DEFAULT/workers': '2', 'DEFAULT/debug': 'true', 'DEFAULT/log_file': 'l',
    },
  })
  const names = namesOf(GROUPS)
  if (result.kind === 'run') for (const key of Object.keys(result.flags)) t.equal(names.get(key)?.rank, 0, key)
})

t.test('values are not judged here', async t => {
  t.match(parse('--port', 'http', '--workers=-1'), { flags: { 'drivers:transport:wsgi/port': 'http', 'DEFAULT/workers': '-1' } })
})

t.test('the configuration can be checked only', async t => {
  t.same(parse('--check-config', '--config-file', 'a'), { kind: 'check-config', configFiles: ['a'], flags: {} })
})

t.test('the version is printed', async t => {
  t.same(parse('--version'), { kind: 'print', text: '1.2.3\n' })
})

t.test('the help tells the flags, the search path, the variables and the exit status, in 80 columns', async t => {
  const result = parse('--help')
  const help = result.kind === 'print' ? result.text : ''
  for (const part of ['--config-file <file>', '--check-config', '--bind', '--port', '--data-dir', '--workers', '--debug', '--log-file',
    '~/.marconi/', '/etc/marconi/', 'MARCONI_<GROUP>__<OPTION>', 'Exit status']) t.match(help, part)
  t.ok(help.split('\n').every(line => line.length <= 80))
})

t.test('bad usage is told in one line', async t => {
  const cases = {
    '--prot=1': "marconi-server: unknown option '--prot=1' (Did you mean --port?)",
    '--port': "marconi-server: option '--port <port>' argument missing",
    'start': 'marconi-server: too many arguments. Expected 0 arguments but got 1.',
  }
  for (const [argument, text] of Object.entries(cases)) t.same(parse(argument), { kind: 'bad-usage', text }, argument)
})
