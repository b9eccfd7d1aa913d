/** Where a client finds its way, and whether the service can serve. */
import { versioned, type Describe, type Descriptions } from './description.ts'
import { answered, listOf, text, type Schemas } from './schema.ts'

const describeHome: Describe = terms => ({
  name: 'getHome',
  tag: 'service',
  summary: 'Show what is where in this version',
  text: 'A home document (draft-nottingham-json-home-03) with address templates of the resources.',
  answers: [{
    status: 200, description: 'The home document.', schema: versioned(terms, 'Home'), type: 'application/json-home', headers: ['cache-control'],
  }],
  example: { status: 200 },
})

const describeHealth: Describe = () => ({
  name: 'ping',
  tag: 'service',
  summary: 'Ask whether the service can do its work',
  text: 'It asks the store. HEAD only says that somebody is here.',
  answers: [{ status: 204, description: 'It can.' }],
  example: { status: 204 },
})

/** These actions, at the places that a version has for them. */
export function serviceAt(home: '' | '/', health: '/health' | '/ping'): Descriptions {
  return { [`GET ${home}`]: describeHome, [`GET ${health}`]: describeHealth, [`HEAD ${health}`]: describeHealth }
}

/** What these actions answer. */
export function serviceSchemas(): Schemas {
  const hints = answered({
    allow: listOf({ type: 'string' }, { description: 'The methods it has.' }),
    formats: { type: 'object', description: 'The media types it has.' },
    'accept-post': listOf({ type: 'string' }, { description: 'The media types it takes.' }),
  }, ['accept-post'])
  const resource = answered({
    href: text('Its path, if it has but one.', { pattern: '^/' }),
    'href-template': text('Else the template of its path (RFC 6570).', { pattern: '^/' }),
    'href-vars': { type: 'object', description: 'What the variables of the template mean.', additionalProperties: { type: 'string' } },
    hints,
  }, ['href', 'href-template', 'href-vars'])
  return { Home: answered({ resources: { type: 'object', description: 'Resources by their relation.', additionalProperties: resource } }) }
}
