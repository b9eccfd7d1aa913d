import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig, type Flags } from '../../../lib/config/load.ts'

/** Loads files of these contents with variables and flags. */
function load(t: Test, contents: readonly (string | Buffer)[], variables: Record<string, string> = {}, flags: Flags = {}) {
  const folder = t.testdir(Object.fromEntries(contents.map((content, index) => [`${String(index)}.conf`, content])))
  const files = contents.map((_, index) => join(folder, `${String(index)}.conf`))
  return { folder, ...loadConfig({ files, flags, environment: { variables, home: '/h', configHome: '/h/.config', dataHome: '/data' } }) }
}

/** The problems of loading, with the folder of the test taken off the files. */
function problems(...parameters: Parameters<typeof load>): readonly string[] {
  try {
    load(...parameters)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(line => line.replace(/^.*?(?=\d\.conf)/, ''))
    throw error
  }
  return []
}

t.test('without any source there are the defaults, with absolute paths', async t => {
  const { config, files, warnings } = load(t, [])
  t.equal(config.DEFAULT.state_path, '/data/marconi')
  t.equal(config['drivers:message_store:lmdb'].path, '/data/marconi/store')
  t.equal(config['drivers:transport:wsgi'].port, 8888)
  t.same(config.DEFAULT.enable_deprecated_api_versions, ['1', '1.1'])
  t.equal(config.transport.max_message_ttl, 1_209_600)
  t.same([files, warnings], [[], []])
})

t.test('the command line wins over the environment, that over the later file, that over the earlier, that over the default', async t => {
  const file = (debug: string, port: string, rest = '') => `[DEFAULT]\n${debug}\n[drivers:transport:wsgi]\nport = ${port}\n${rest}`
  const { config } = load(t, [file('workers = 1\nlog_format = json', '1', 'bind = a\ndrain_timeout = 1'), file('workers = 2', '2', 'bind = b')],
    { MARCONI_DRIVERS_TRANSPORT_WSGI__PORT: '3', MARCONI_DRIVERS_TRANSPORT_WSGI__BIND: 'c' }, { 'drivers:transport:wsgi/port': '4' })
  t.match(config['drivers:transport:wsgi'], { port: 4, bind: 'c', drain_timeout: 1, request_timeout: 60 })
  t.match(config.DEFAULT, { workers: 2, log_format: 'json' })
})

t.test('the store lies under the state path, and a relative path starts there', async t => {
  t.equal(load(t, ['[DEFAULT]\nstate_path = /s']).config['drivers:message_store:lmdb'].path, '/s/store')
  t.equal(load(t, ['[DEFAULT]\nstate_path = /s\n[drivers:message_store:lmdb]\npath = x']).config['drivers:message_store:lmdb'].path, '/s/x')
  t.equal(load(t, ['[drivers:message_store:lmdb]\npath = /x']).config['drivers:message_store:lmdb'].path, '/x')
  const { config } = load(t, [], {}, { 'DEFAULT/state_path': 'here', 'DEFAULT/log_file': 'log' })
  t.same([config.DEFAULT.state_path, config.DEFAULT.log_file], [join(process.cwd(), 'here'), join(process.cwd(), 'log')])
})

t.test('the result is frozen through and through', async t => {
  const { config } = load(t, [])
  for (const part of [config, ...Object.values(config), config.DEFAULT.enable_deprecated_api_versions]) t.ok(Object.isFrozen(part))
})

t.test('the files are named in the order they were read, one that is named twice where it was named last', async t => {
  const folder = t.testdir({ a: '[DEFAULT]\nworkers = 1', b: '[DEFAULT]\nworkers = 2' })
  const [a, b] = [join(folder, 'a'), join(folder, 'b')]
  const { files, config } = loadConfig({ files: [a, b, a], flags: {}, environment: { variables: {}, home: '/h', configHome: '/c', dataHome: '/d' } })
  t.same(files, [b, a])
  t.equal(config.DEFAULT.workers, 1)
})

t.test('names of earlier releases work, with a warning that names file and line', async t => {
  const { config, warnings, folder } = load(t, ['[limits:transport]\nmessage_ttl_max = 120\n[transport]\nmax_message_size = 99\nmax_messages_post_size = 100'])
  t.match(config.transport, { max_message_ttl: 120, max_messages_post_size: 100 })
  t.same(warnings, [
    `${folder}/0.conf:2: [limits:transport] message_ttl_max is deprecated: use [transport] max_message_ttl`,
    `${folder}/0.conf:4: [transport] max_message_size is deprecated and ignored, because [transport] max_messages_post_size is given as well`,
  ])
})

t.test('all problems are found at once, each with its place', async t => {
  t.same(problems(t, ['[DEFAULT]\nword\nworkres = 1\n[transprot]\nx = 1\n[transprot]\n[zzz]\n', '[drivers:transport:wsgi]\nport = http\n'],
    { MARCONI_DEFAULT__DEBUG: 'maybe', MARCONI_A__B: '1' }, { 'DEFAULT/workers': '-1' }), [
    '0.conf:2: expected "name = value", a [group], a comment or an empty line',
    '0.conf:4: [transprot]: there is no such group; did you mean [transport]?',
    '0.conf:7: [zzz]: there is no such group',
    'MARCONI_A__B: no option has this variable',
    '0.conf:3: [DEFAULT] workres: there is no such option; did you mean workers?',
    '1.conf:2: [drivers:transport:wsgi] port = "http": expected a port number from 0 to 65535',
    'MARCONI_DEFAULT__DEBUG: [DEFAULT] debug = "maybe": expected true or false (or 1, 0, yes, no, on, off)',
    'command line: [DEFAULT] workers = "-1": expected a whole number from 0 to 1024',
  ])
})

t.test('only API versions that exist can be served', async t => {
  t.same(load(t, ['[DEFAULT]\nenable_deprecated_api_versions =']).config.DEFAULT.enable_deprecated_api_versions, [])
  t.same(problems(t, ['[DEFAULT]\nenable_deprecated_api_versions = 1,3']),
    ['0.conf:2: [DEFAULT] enable_deprecated_api_versions = "1,3": expected a list separated by commas, of these: 1, 1.1'])
})

t.test('a file that cannot be read is a problem', async t => {
  const folder = t.testdir({ folder: {}, latin: Buffer.from('[DEFAULT]\nlog_file = caf\xe9', 'latin1') })
  const load = () => loadConfig({
    files: ['nowhere', 'latin/x', 'folder', 'latin'].map(file => join(folder, file)), flags: {},
    environment: { variables: {}, home: '/h', configHome: '/c', dataHome: '/d' },
  })
  t.throws(load, { name: 'ConfigError', problems: [
    `${folder}/nowhere: there is no such file`, `${folder}/latin/x: there is no such file`,
    `${folder}/folder: this is a folder, not a file`, `${folder}/latin: the file is not UTF-8 text`,
  ] })
})
