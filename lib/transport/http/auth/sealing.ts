/** Seals what is left with a memcached, which anybody in its network may write to. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

/** Whether entries are sealed: not at all, against forgery, or against forgery and eyes. */
export type Strategy = 'None' | 'MAC' | 'ENCRYPT'

/** Turns a value into what is stored under a name, and back. */
export interface Seal {
  close(name: string, value: Buffer): Buffer
  /** Null if this was not sealed with the same secret, in the same way and for the same name. */
  open(name: string, sealed: Buffer): Buffer | null
}

/** The first byte of what is stored. */
const PLAIN = Buffer.of(0)
const AUTHENTIC = Buffer.of(1)
const SECRET = Buffer.of(2)

const MAC_LENGTH = 32
const NONCE_LENGTH = 12
const TAG_LENGTH = 16

/** Makes the seal of a strategy. With a secret there is one at any rate, or the secret would seem to protect something. */
export function sealFor(strategy: Strategy, secret: string): Seal {
  if (secret === '') return NO_SEAL
  return strategy === 'ENCRYPT' ? authentic(SECRET, secret, encrypted(keyFrom(secret, 'encryption'))) : authentic(AUTHENTIC, secret, AS_IT_IS)
}

function keyFrom(secret: string, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `marconi token cache: ${use}`, 32))
}

const AS_IT_IS: Seal = { close: (_name, value) => value, open: (_name, sealed) => sealed }

const NO_SEAL: Seal = {
  close: (_name, value) => Buffer.concat([PLAIN, value]),
  open: (_name, sealed) => sealed[0] === PLAIN[0] ? sealed.subarray(1) : null,
}

/** Around what `inner` makes of the value: the first byte, an HMAC over it, the name and the content, and the content. */
function authentic(first: Buffer, secret: string, inner: Seal): Seal {
  const key = keyFrom(secret, 'authenticity')

  function mac(name: string, content: Buffer): Buffer {
    // No name holds a zero, so that nothing moves between name and content.
    return createHmac('sha256', key).update(first).update(`${name}\0`).update(content).digest()
  }

  return {
    close(name, value) {
      const content = inner.close(name, value)
      return Buffer.concat([first, mac(name, content), content])
    },
    open(name, sealed) {
      if (sealed.length < 1 + MAC_LENGTH || sealed[0] !== first[0]) return null
      const content = sealed.subarray(1 + MAC_LENGTH)
      return timingSafeEqual(sealed.subarray(1, 1 + MAC_LENGTH), mac(name, content)) ? inner.open(name, content) : null
    },
  }
}

/** AES-256-GCM: a nonce, the tag, the ciphertext. */
function encrypted(key: Buffer): Seal {
  return {
    close(name, value) {
      const nonce = randomBytes(NONCE_LENGTH)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name))
      const text = Buffer.concat([cipher.update(value), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text])
    },
    open(name, sealed) {
      if (sealed.length < NONCE_LENGTH + TAG_LENGTH) return null
      const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_LENGTH), { authTagLength: TAG_LENGTH })
        .setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH))
      try {
        return Buffer.concat([cipher.update(sealed.subarray(NONCE_LENGTH + TAG_LENGTH)), cipher.final()])
      } catch {
        return null
      }
    },
  }
}
