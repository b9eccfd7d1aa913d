/** The `[drivers:message_store:lmdb]` group: where the embedded store lies and how safely it writes. */
import type { OptionTable, Values } from '../../options.ts'

export const LMDB_OPTIONS = {
  path: {
    doc: 'The folder of the store. Empty means the folder `store` under [DEFAULT] state_path, where a relative path starts too.',
    format: 'string', default: '',
  },
  durability: {
    doc:
      'With `durable`, what was acknowledged is on disk and survives a power failure. With `none`, writes are faster, but a '
      + 'power failure or a crash of the operating system may lose acknowledged messages and may even damage the file, '
      + 'so that the whole store is lost.',
    format: ['durable', 'none'], default: 'durable',
  },
} as const satisfies OptionTable

/** How the embedded store runs. */
export type LmdbOptions = Values<typeof LMDB_OPTIONS>
