/** The OpenAPI document of a service with its options as they are, and everything switched on that can be. */
import type { Limits } from '../lib/model/limits.ts'
import { LIMIT_OPTIONS } from '../lib/model/limits.ts'
import { DIALECTS } from '../lib/transport/http/dialects.ts'
import { describeService } from '../lib/transport/http/openapi/document.ts'

const LIMITS = Object.fromEntries(Object.entries(LIMIT_OPTIONS).map(([name, option]) => [name, option.default])) as Limits

/** The text of the file. */
export function openApiReference(): string {
  const document = describeService({ dialects: DIALECTS, limits: LIMITS, canEncrypt: true, adminMode: true, pooling: true, isAuthenticated: false })
  return `${JSON.stringify(document, null, 2)}\n`
}
