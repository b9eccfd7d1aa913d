/** The options of the `[transport]` group that say what messages are encrypted with. */
import type { OptionTable, Values } from '../options.ts'

const NO_KEYS: readonly string[] = []

export const ENCRYPTION_OPTIONS = {
  message_encryption_key: {
    doc:
      'The secret that bodies of messages are encrypted with, in queues that ask for it: long, random, without commas, and the same on all '
      + 'servers. Empty means that no queue can ask for it.',
    format: 'string', default: '', secret: true,
  },
  message_encryption_former_keys: {
    doc:
      'Secrets that were message_encryption_key before. What was encrypted with them is read still. One can go when the messages of its '
      + 'time have expired.',
    format: 'list', default: NO_KEYS, secret: true,
  },
} as const satisfies OptionTable

/** What messages are encrypted with. */
export type EncryptionOptions = Values<typeof ENCRYPTION_OPTIONS>

/** The shortest secret, in characters: what is shorter can be guessed. */
const MIN_LENGTH = 16

/** What is wrong with the keys, a line each, without a word of them. */
export function encryptionProblems({ message_encryption_key: key, message_encryption_former_keys: former }: EncryptionOptions): readonly string[] {
  const isShort = (secret: string) => secret.length < MIN_LENGTH
  return [
    ...key !== '' && isShort(key) ? [`[transport] message_encryption_key is shorter than ${MIN_LENGTH} characters`] : [],
    ...former.some(isShort) ? [`[transport] message_encryption_former_keys has a key that is shorter than ${MIN_LENGTH} characters`] : [],
  ]
}
