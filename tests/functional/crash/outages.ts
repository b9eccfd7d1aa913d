/** Answers of a server that cannot reach what stores its messages. */
import type { Reply } from '../../helpers/http.ts'

export class Outages {
  /** How many there were. */
  count = 0
  /** What was wrong with them. */
  readonly faults: string[] = []

  /** Whether an answer is one; it must say when to try again. */
  note({ status, headers, text }: Reply): boolean {
    if (status !== 503) return false
    this.count++
    if (!/^\d+$/.test(headers['retry-after'] ?? '')) this.faults.push(`a 503 does not say when to try again: ${text}`)
    return true
  }
}
