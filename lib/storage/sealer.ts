/** Bodies of messages, encrypted: AES-256-GCM under a key of their project. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { storageUnavailable } from '../errors.ts'
import type { JsonText } from '../model/json.ts'
import type { Project } from '../model/names.ts'
import type { EncryptionOptions } from './encryption-options.ts'

/**
 * A sealed body is `!1.` with the id of its key, a dot, and nonce, ciphertext and tag in base64. No JSON text begins so, so that no
 * body that a client posts can be taken for a sealed one.
 */
const MARK = '!1.'
const FIRST = MARK.charCodeAt(0)
const ID_LENGTH = 8
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** Projects whose keys are kept at hand. */
const MAX_PROJECTS = 1000

/** Whether a stored body is sealed. */
export function isSealed(body: JsonText): boolean {
  return body.charCodeAt(0) === FIRST
}

/** One secret, and the keys made of it. */
class Secret {
  readonly id: string
  readonly #secret: string
  readonly #keys = new Map<Project, Buffer>()

  constructor(secret: string) {
    this.#secret = secret
    this.id = createHash('sha256').update(`marconi key id\0${secret}`).digest('hex').slice(0, ID_LENGTH)
  }

  /** Each project has a key of its own: a body that is copied into another project does not open there. */
  keyOf(project: Project): Buffer {
    const known = this.#keys.get(project)
    if (known !== undefined) return known
    const key = Buffer.from(hkdfSync('sha256', this.#secret, '', `marconi message body\0${project}`, KEY_BYTES))
    if (this.#keys.size >= MAX_PROJECTS) this.#keys.clear()
    this.#keys.set(project, key)
    return key
  }
}

/** Seals bodies with the newest secret, and opens those of all. */
export class Sealer {
  readonly #newest: Secret | null
  readonly #secrets: ReadonlyMap<string, Secret>

  constructor({ message_encryption_key: key, message_encryption_former_keys: former }: EncryptionOptions) {
    this.#newest = key === '' ? null : new Secret(key)
    const secrets = [...former.map(secret => new Secret(secret)), ...this.#newest === null ? [] : [this.#newest]]
    this.#secrets = new Map(secrets.map(secret => [secret.id, secret]))
  }

  /** Whether there is a key to seal with. */
  get canSeal(): boolean {
    return this.#newest !== null
  }

  /** Seals a body. Fails as unavailable without a key: nothing that shall be encrypted is stored as it is. */
  seal(project: Project, body: JsonText): JsonText {
    const secret = this.#newest
    if (secret === null) throw storageUnavailable('a message is to be encrypted, but [transport] message_encryption_key is empty', undefined)
    const nonce = randomBytes(NONCE_BYTES)
    const head = `${MARK}${secret.id}.`
    const cipher = createCipheriv('aes-256-gcm', secret.keyOf(project), nonce).setAAD(Buffer.from(head))
    const sealed = Buffer.concat([nonce, cipher.update(body, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return (head + sealed.toString('base64')) as JsonText
  }

  /** Opens a sealed body. Fails as unavailable if its key is missing, or if it was changed. */
  open(project: Project, body: JsonText): JsonText {
    const head = body.slice(0, MARK.length + ID_LENGTH + 1)
    const id = head.slice(MARK.length, -1)
    const secret = this.#secrets.get(id)
    if (secret === undefined) throw storageUnavailable(`a message is encrypted with key ${id}, which is not among those of [transport]`, undefined)
    const sealed = Buffer.from(body.slice(head.length), 'base64')
    try {
      const cipher = createDecipheriv('aes-256-gcm', secret.keyOf(project), sealed.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(head))
      cipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      return (cipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + cipher.final('utf8')) as JsonText
    } catch (error) {
      throw storageUnavailable(`a message that is encrypted with key ${id} is damaged`, error)
    }
  }
}
