/** The `[DEFAULT]` group: what concerns the whole server. */
import type { CheckedOption } from './convert.ts'

const OLD_VERSIONS: readonly string[] = ['1', '1.1']

export const DEFAULT_OPTIONS = {
  state_path: {
    doc:
      'The folder of everything the server keeps on disk. Empty means `marconi` in the data folder of the user: '
      + '$XDG_DATA_HOME/marconi, or ~/.local/share/marconi where XDG_DATA_HOME is not set.',
    format: 'string', default: '',
  },
  workers: {
    doc: 'How many processes serve requests. 0 means one for each processor core.', format: 'nat', default: 0, max: 1024,
  },
  auth_strategy: {
    doc:
      'How callers are authenticated: `keystone` has Keystone check the token of each, by the options of [keystone_authtoken]. Empty '
      + 'means not at all: every caller is believed.',
    format: ['', 'keystone'], default: '',
  },
  admin_mode: {
    doc: 'Serve the paths of administrators: quotas, and with pooling pools. Elsewhere they are unknown paths.', format: 'boolean', default: false,
  },
  pooling: {
    doc: 'Spread queues over several stores, the pools, which administrators register. Do not switch it off while queues lie in pools.',
    format: 'boolean', default: false, deprecated: ['DEFAULT/sharding'],
  },
  enable_deprecated_api_versions: {
    doc: 'The older versions of the API to serve besides v2. An empty list serves none of them.',
    format: 'list', default: OLD_VERSIONS, items: OLD_VERSIONS,
  },
  unreliable: {
    doc: 'Start on a database that may lose what it has acknowledged. For tests only.', format: 'boolean', default: false,
  },
  enable_checksum: {
    doc: 'Show messages of v1.1 and v2 with the MD5 checksum of their body.', format: 'boolean', default: false,
  },
  debug: {
    doc: 'Log what the server does in detail.', format: 'boolean', default: false,
  },
  log_file: {
    doc: 'The file to log to; it is appended to. Empty means standard error.', format: 'string', default: '',
  },
  log_format: {
    doc: 'How log lines are written. `auto` is `pretty` on a terminal and `json` elsewhere.',
    format: ['auto', 'json', 'pretty'], default: 'auto',
  },
} as const satisfies Readonly<Record<string, CheckedOption>>
