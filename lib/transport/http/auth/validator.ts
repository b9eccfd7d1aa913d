/** Has Keystone check a token. */
import type { Logger } from 'pino'
import { readValidation } from './identity.ts'
import { Unreachable, type IdentityClient, type Reply } from './identity-client.ts'
import type { KeystoneOptions } from './options.ts'
import type { Access, Session } from './session.ts'
import { INVALID, UNAVAILABLE, type Verdict } from './token-cache.ts'

/** Whether a token that has expired may still be accepted: only a service may show one, for a user whose work takes long. */
export type Expiry = 'refuse_expired' | 'allow_expired'

/** Checks a token with Keystone, whatever is known about it. It never rejects. */
export type Validate = (token: string, expiry: Expiry) => Promise<Verdict>

interface ValidatorParts {
  readonly client: IdentityClient
  readonly session: Session
  readonly log: Logger
}

/** Makes the function that asks Keystone. */
export function validator(options: KeystoneOptions, { client, session, log }: ValidatorParts): Validate {
  const { include_service_catalog: withCatalogue, service_type: serviceType } = options
  let isDown = false

  function pathOf(expiry: Expiry): string {
    const query = [...withCatalogue ? [] : ['nocatalog'], ...expiry === 'allow_expired' ? ['allow_expired=1'] : []].join('&')
    return `/auth/tokens${query === '' ? '' : `?${query}`}`
  }

  function ask({ token: own, servers }: Access, token: string, expiry: Expiry): Promise<Reply> {
    return client.persist(() => client.ask(servers, {
      method: 'GET', path: pathOf(expiry),
      headers: { 'X-Auth-Token': own, 'X-Subject-Token': token, 'OpenStack-Identity-Access-Rules': '1' },
    }))
  }

  async function askTwice(token: string, expiry: Expiry): Promise<Reply> {
    const access = await session.access()
    const reply = await ask(access, token, expiry)
    if (reply.status !== 401) return reply
    session.forget(access)
    return ask(await session.access(), token, expiry)
  }

  function unavailable(why: string): Verdict {
    if (!isDown) log.error({ why }, 'Keystone does not check tokens; requests with tokens that are not known are refused')
    isDown = true
    return UNAVAILABLE
  }

  function decide(reply: Reply): Verdict {
    const token = reply.status === 200 ? readValidation(reply.json(), serviceType) : null
    if (token === null && reply.status !== 404) return unavailable(`it answered with ${String(reply.status)}`)
    if (isDown) log.info('Keystone checks tokens again')
    isDown = false
    return token === null ? INVALID : { kind: 'valid', token }
  }

  return async function validate(token, expiry) {
    try {
      return decide(await askTwice(token, expiry))
    } catch (error) {
      return unavailable(error instanceof Unreachable ? error.message : 'it could not be asked')
    }
  }
}
