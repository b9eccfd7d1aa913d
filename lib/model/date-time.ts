/** Moments as text. */
import type { Instant } from '../clock.ts'

const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/

/**
 * Reads an ISO 8601 date, with or without a time of day, in UTC unless it names an offset. Fractions of seconds are cut. Null if it
 * is none, or no day of the calendar.
 */
export function parseDateTime(text: string): Instant | null {
  const parts = ISO_8601.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour, minute, second, zone = 'Z'] = parts
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(part => Number(part ?? 0)) as [number, number, number, number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(y, mo - 1, d)
  if (date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d || h > 23 || mi > 59 || s > 59) return null
  return date.getTime() + ((h * 60 + mi - offsetOf(zone)) * 60 + s) * 1000
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return zone.startsWith('-') ? -minutes : minutes
}

/** A moment in UTC to the second, without a zone: `2030-01-01T00:00:00`. */
export function printDateTime(moment: Instant): string {
  return new Date(moment).toISOString().slice(0, 19)
}
