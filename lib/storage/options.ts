/** The `[drivers]` group: which backends keep the data. */
import type { OptionTable, Values } from '../options.ts'

const STORES = ['lmdb', 'mongodb', 'faulty'] as const

export const DRIVER_OPTIONS = {
  message_store: {
    doc: 'The driver that keeps messages and claims. `faulty` refuses every operation; it exists to test how clients bear an outage.',
    format: STORES, default: 'lmdb',
    deprecated: ['drivers/storage'],
  },
  management_store: {
    doc: 'The driver that keeps queues and their metadata.', format: STORES, default: 'lmdb',
  },
} as const satisfies OptionTable

/** The drivers in use. */
export type DriverOptions = Values<typeof DRIVER_OPTIONS>
