/** The description of the whole API: every version, with all that can be switched on, at the limits without a configuration. */
import { LIMIT_OPTIONS, type Limits } from '../lib/model/limits.ts'
import { DIALECTS } from '../lib/transport/http/dialects.ts'
import { openapiDocument } from '../lib/transport/http/openapi/document.ts'

/** The text of doc/api/openapi.json. */
export function openapiFile(): string {
  const limits = Object.fromEntries(Object.entries(LIMIT_OPTIONS).map(([name, option]) => [name, option.default])) as Limits
  return openapiDocument(DIALECTS, { limits, canEncrypt: true, checksums: true, adminMode: true, pooling: true, isAuthenticated: true })
}
