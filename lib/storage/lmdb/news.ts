/** What a transaction did that somebody may wait for, as processes tell it to each other. */
import { createHash } from 'node:crypto'
import type { Instant } from '../../clock.ts'
import type { Epoch } from '../../model/names.ts'
import type { QueueKey } from '../contract.ts'

/** What is told of: the messages of an epoch, or the queue under a name, see `aboutName`. */
export type About = Epoch | NameNumber

declare const nameNumber: unique symbol
/** A number that stands for a name. It is negative: no epoch is. */
export type NameNumber = number & { readonly [nameNumber]: true }

/** News of one queue. */
export interface News {
  readonly about: About
  /** Messages that came to be free. */
  readonly freed: number
  /** Messages that came and are held by a claim or a delay. */
  readonly withheld: number
  /** When the first claim or delay that began ends; Infinity if none began. */
  readonly ends: Instant
}

/** What stands for a name. Two names may share it: then somebody looks in vain. */
export function aboutName({ project, queue }: Pick<QueueKey, 'project' | 'queue'>): NameNumber {
  return (-1 - createHash('sha256').update(`${project}\0${queue}`).digest().readUIntBE(0, 6)) as NameNumber
}

/** News that another queue stands under a name, or that it lies elsewhere. */
export function newsOfName(name: Pick<QueueKey, 'project' | 'queue'>): News {
  return { about: aboutName(name), freed: 0, withheld: 0, ends: Infinity }
}

/** News as lines of text. */
export function writeNews(news: readonly News[]): string {
  return news.map(({ about, freed, withheld, ends }) => `${about} ${freed} ${withheld} ${ends}\n`).join('')
}

/** Reads a line. */
export function readNews(line: string): News {
  const [about = NaN, freed = NaN, withheld = NaN, ends = NaN] = line.split(' ').map(Number)
  return { about: about as About, freed, withheld, ends }
}
