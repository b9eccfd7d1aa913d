/** The `[pooling:catalog]` group. */
import type { OptionTable } from '../../options.ts'

export const POOLING_OPTIONS = {
  enable_virtual_pool: {
    doc:
      'With pooling, put new queues into the message store of [drivers] where no pool takes them. Otherwise they are refused with 503 then.',
    format: 'boolean', default: false,
  },
} as const satisfies OptionTable
