/** The story that the examples tell: who asks, for what. A test lives it through. */

export const CLIENT = '30387f0039da4a8b9d3f5a6f0e1c77aa'
export const PROJECT = '5f1c8a3e0b7d4c6f9e2a1b3c4d5e6f70'
export const QUEUE = 'jobs'
export const DEAD_LETTERS = 'jobs-failed'
export const MESSAGE = '8d2f41c60000000000000001'
export const CLAIM = '9f6d3c1e08b7a2c4d5e6f701'
export const POOL = 'ssd-1'
/** Also the group that the pool is in. */
export const FLAVOR = 'ssd'

/** What is posted. */
export const POST = { ttl: 3600, body: { event: 'started', job: 17 } } as const
/** How long a worker claims it. */
export const CLAIM_REQUEST = { ttl: 300, grace: 60 } as const
/** What a URL for them is signed with, where the secret is `test`. */
export const SIGNATURE = '7da28a9e600d488a294a5281f3eeb5930182498fd969706a081880db8d55f875'
