/** The `[quotas]` group: what a project may keep and how often it may ask. 0 sets no limit. */
import type { OptionTable, Values } from '../options.ts'

export const QUOTA_OPTIONS = {
  queues: { doc: 'The most queues of one project. 0 sets no limit.', format: 'nat', default: 0 },
  messages: { doc: 'The most live messages of one project, over all its queues. 0 sets no limit.', format: 'nat', default: 0 },
  bytes: { doc: 'The most bytes of live message bodies of one project. 0 sets no limit.', format: 'nat', default: 0 },
  requests_per_second: {
    doc: 'How many requests a project may make a second, over all workers. 0 sets no limit.', format: 'nat', default: 0, max: 1_000_000,
  },
  burst: {
    doc: 'How many requests a project may make at once after it was quiet. 0 means as many as in one second.', format: 'nat', default: 0, max: 1_000_000,
  },
  waits: {
    doc: 'How many long waits a project may have open at once, over all workers. 0 sets no limit.', format: 'nat', default: 0, max: 1_000_000,
  },
  rate_limit_status: {
    doc:
      'The status of a request beyond the rate. 503 is understood by every client; python-zaqarclient takes 429 for success and '
      + 'would lose the message.',
    format: ['503', '429'], default: '503',
  },
  overrides: {
    doc:
      'A YAML file of other limits for some projects: a map from project id to a map of the names above. A relative path starts '
      + 'at the folder of the first configuration file. It is read again when it changes. Empty means none.',
    format: 'string', default: '',
  },
} as const satisfies OptionTable

/** The limits of all projects, and where those of some stand. */
export type QuotaOptions = Values<typeof QUOTA_OPTIONS>
