/** The command line of marconi-server. */
import { Command, CommanderError } from 'commander'
import type { Flags } from '../config/load.ts'

/** What the command line asks for. */
export type Arguments =
  | {
    readonly kind: 'run' | 'check-config'
    /** The files named by --config-file, in their order. Empty: search for them. */
    readonly configFiles: readonly string[]
    readonly flags: Flags
  }
  /** Print the text and exit 0. */
  | { readonly kind: 'print'; readonly text: string }
  /** Print the line to standard error and exit 2. */
  | { readonly kind: 'bad-usage'; readonly text: string }

/** The flags that set an option, and the option each sets. */
const FLAGS = [
  { flag: '--bind <address>', name: 'bind', key: 'drivers:transport:wsgi/bind', doc: 'the address to listen on' },
  { flag: '--port <port>', name: 'port', key: 'drivers:transport:wsgi/port', doc: 'the port to listen on; 0 takes a free one' },
  { flag: '--data-dir <folder>', name: 'dataDir', key: 'DEFAULT/state_path', doc: 'the folder of everything the server keeps on disk' },
  { flag: '--workers <number>', name: 'workers', key: 'DEFAULT/workers', doc: 'how many processes serve requests; 0 means one for each core' },
  { flag: '--admin-mode', name: 'adminMode', key: 'DEFAULT/admin_mode', doc: 'serve the paths of administrators' },
  { flag: '--debug', name: 'debug', key: 'DEFAULT/debug', doc: 'log in detail' },
  { flag: '--log-file <file>', name: 'logFile', key: 'DEFAULT/log_file', doc: 'the file to log to, instead of standard error' },
] as const

const AFTER = `
Configuration:
  Options have their default, unless a configuration file, the environment or
  the command line gives another value. The later of these wins.

  Without --config-file these folders are searched, in this order:
    ~/.marconi/
    $XDG_CONFIG_HOME/marconi/, or ~/.config/marconi/
    /etc/marconi/
  The first marconi.conf is read, then all *.conf of the first folder
  marconi.conf.d, in the order of their names.

  Any option can be given by an environment variable of the form
  MARCONI_<GROUP>__<OPTION>, in capitals and with _ for every other character:
  MARCONI_DRIVERS_TRANSPORT_WSGI__PORT=8888 is port of
  [drivers:transport:wsgi], MARCONI_DEFAULT__DEBUG=true is debug of [DEFAULT].

Exit status:
  0  stopped as asked, or the configuration is good
  1  could not start or run, or the configuration is bad
  2  the command line is wrong
`

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function commandOf(version: string): Command {
  const command = new Command('marconi-server')
    .description('Serves the Marconi message queue API over HTTP.')
    .version(version, '--version', 'print the version and exit')
    .helpOption('--help', 'print this text and exit')
    .option('--config-file <file>', 'read this configuration file; may be repeated, the later wins', collect)
    .option('--check-config', 'check the configuration, print it without its secrets, and exit')
    .exitOverride()
    .configureHelp({ helpWidth: 80 })
    .addHelpText('after', AFTER)
  for (const { flag, doc } of FLAGS) command.option(flag, doc)
  return command
}

/** The values that commander found, as options of the configuration. */
function flagsOf(values: Readonly<Record<string, unknown>>): Flags {
  return Object.fromEntries(FLAGS.flatMap(({ name, key }) => values[name] === undefined ? [] : [[key, String(values[name])]]))
}

/** Reads the command line, without the names of the interpreter and the script. Values are checked with the configuration. */
export function parseArguments(argv: readonly string[], version: string): Arguments {
  let printed = ''
  const print = (text: string) => { printed += text }
  const command = commandOf(version).configureOutput({ writeOut: print, writeErr: print })
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed }
    return { kind: 'bad-usage', text: `marconi-server: ${printed.replace(/^error: /, '').trim().replace(/\s+/g, ' ')}` }
  }
  const { configFile = [], checkConfig, ...values } = command.opts<{ configFile?: readonly string[]; checkConfig?: true }>()
  return { kind: checkConfig ? 'check-config' : 'run', configFiles: configFile, flags: flagsOf(values) }
}
