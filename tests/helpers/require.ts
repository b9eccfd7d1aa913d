/** Parts that not every machine has: a test that misses one is skipped by name, or fails where the part is demanded. */
import type { Test } from 'tap'

/**
 * Ends the test that misses a part. It is skipped with what is missing as the reason, unless the environment variable
 * MARCONI_REQUIRE lists the part (`python`, `keystone`, `mongodb`, ... separated by commas): then it fails.
 *
 *     if (venv.kind === 'missing') return missing(t, 'python', venv.reason)
 */
export function missing(t: Test, part: string, reason: string): void {
  const demanded = (process.env['MARCONI_REQUIRE'] ?? '').split(',').map(each => each.trim())
  if (demanded.includes(part)) t.fail(`MARCONI_REQUIRE demands ${part}, but ${reason} is missing`)
  else t.plan(0, reason)
}
