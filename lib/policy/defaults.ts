/** The rules that a policy file may set: what each is for, and what it is unless a file says otherwise. */

/** One rule. */
export interface RuleDefault {
  /** In the check language of `language.ts`. */
  readonly check: string
  /** Goes into the sample file as it stands. */
  readonly doc: string
}

const EVERYBODY = '@'
const ADMIN = 'role:admin'

export const RULES = {
  context_is_admin: { check: ADMIN, doc: 'Who is an administrator: the callers of whom is_admin:True holds.' },
  admin_or_owner: {
    check: 'is_admin:True or project_id:%(project_id)s',
    doc: 'For other rules to refer to. No caller is told to be the owner of a thing, so it holds of administrators only.',
  },

  'queues:get_all': { check: EVERYBODY, doc: 'List the queues of the project.' },
  'queues:create': { check: EVERYBODY, doc: 'Create a queue.' },
  'queues:get': { check: EVERYBODY, doc: 'Show a queue and its metadata.' },
  'queues:delete': { check: EVERYBODY, doc: 'Delete a queue with all that is in it.' },
  'queues:update': { check: EVERYBODY, doc: 'Change the metadata of a queue.' },
  'queues:stats': { check: EVERYBODY, doc: 'Show how many messages a queue has.' },
  'queues:share': { check: EVERYBODY, doc: 'Make a signed URL that gives others access to a queue.' },
  'queues:purge': { check: EVERYBODY, doc: 'Remove all messages or subscriptions of a queue.' },

  'messages:get_all': { check: EVERYBODY, doc: 'List messages, or get several by their ids.' },
  'messages:create': { check: EVERYBODY, doc: 'Post messages.' },
  'messages:get': { check: EVERYBODY, doc: 'Get a message by its id.' },
  'messages:delete': { check: EVERYBODY, doc: 'Delete a message.' },
  'messages:delete_all': { check: EVERYBODY, doc: 'Delete or pop several messages.' },

  'claims:create': { check: EVERYBODY, doc: 'Claim messages.' },
  'claims:get': { check: EVERYBODY, doc: 'Show a claim and its messages.' },
  'claims:update': { check: EVERYBODY, doc: 'Renew a claim.' },
  'claims:delete': { check: EVERYBODY, doc: 'Release a claim.' },

  'subscription:get_all': { check: EVERYBODY, doc: 'List the subscriptions to a queue or topic.' },
  'subscription:create': { check: EVERYBODY, doc: 'Subscribe to a queue or topic.' },
  'subscription:get': { check: EVERYBODY, doc: 'Show a subscription.' },
  'subscription:update': { check: EVERYBODY, doc: 'Change a subscription.' },
  'subscription:delete': { check: EVERYBODY, doc: 'Delete a subscription.' },
  'subscription:confirm': { check: EVERYBODY, doc: 'Confirm a subscription.' },

  'topics:get_all': { check: EVERYBODY, doc: 'List the topics of the project.' },
  'topics:create': { check: EVERYBODY, doc: 'Create a topic.' },
  'topics:get': { check: EVERYBODY, doc: 'Show a topic and its metadata.' },
  'topics:delete': { check: EVERYBODY, doc: 'Delete a topic with all that is in it.' },
  'topics:update': { check: EVERYBODY, doc: 'Change the metadata of a topic.' },
  'topics:stats': { check: EVERYBODY, doc: 'Show how many messages a topic has.' },
  'topics:purge': { check: EVERYBODY, doc: 'Remove all messages or subscriptions of a topic.' },

  'ping:get': { check: EVERYBODY, doc: 'Ask whether the service can do its work.' },
  'health:get': { check: ADMIN, doc: 'Show how the parts of the service are.' },

  'pools:get_all': { check: ADMIN, doc: 'List the pools.' },
  'pools:create': { check: ADMIN, doc: 'Register a pool.' },
  'pools:get': { check: ADMIN, doc: 'Show a pool.' },
  'pools:update': { check: ADMIN, doc: 'Change a pool.' },
  'pools:delete': { check: ADMIN, doc: 'Remove a pool.' },

  'flavors:get_all': { check: EVERYBODY, doc: 'List the flavors.' },
  'flavors:create': { check: ADMIN, doc: 'Create a flavor.' },
  'flavors:get': { check: EVERYBODY, doc: 'Show a flavor.' },
  'flavors:update': { check: ADMIN, doc: 'Change a flavor.' },
  'flavors:delete': { check: ADMIN, doc: 'Delete a flavor.' },

  'quotas:get': { check: ADMIN, doc: 'Show what any project may keep and what it keeps.' },
} as const satisfies Readonly<Record<string, RuleDefault>>

/** The name of a rule. */
export type RuleName = keyof typeof RULES

/** All rules, in the order of the table. */
export const RULE_NAMES = Object.keys(RULES) as readonly RuleName[]
