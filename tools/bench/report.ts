/** Shows the results, as Markdown that is readable as it stands. */
import type { Beside, RowResult } from './compare.ts'
import type { Curve } from './curves.ts'
import type { DiskTimes } from './disk.ts'
import { goalOf, goalOnMongodb, goalsOf, type Goal } from './goals.ts'
import type { MongodbRow, Rate } from './mongodb.ts'

/** Everything that a run found out. */
export interface Results {
  readonly machine: string
  readonly how: string
  readonly disk: readonly [DiskTimes, DiskTimes]
  readonly rows: readonly RowResult[]
  readonly curves: readonly Curve[]
  readonly mongodb: readonly MongodbRow[]
}

/** The whole report. */
export function report({ machine, how, disk, rows, curves, mongodb }: Results): string {
  const [before, after] = disk
  return [
    `Machine: ${machine}`,
    `Run: ${how}`,
    `Disk, append of 4 KiB + fdatasync: ${diskText(before)} before, ${diskText(after)} after`,
    ...(rows.length === 0 ? [] : ['', ...rowTable(rows)]),
    ...(curves.length === 0 ? [] : ['', ...curveTable(curves)]),
    ...(mongodb.length === 0 ? [] : ['', ...mongodbTable(mongodb)]),
    '',
    ...goalTable([...rows.flatMap(row => goalsOf(row, disk)), ...curves.map(goalOf), ...mongodb.map(goalOnMongodb)]),
    ...warnings(rows),
    ...mongodb.filter(({ failures }) => failures > 0).map(({ name, failures }) => `WARNING: ${name} on MongoDB: ${failures} requests failed`),
  ].join('\n')
}

function diskText({ p50, p99 }: DiskTimes): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
}

const ROW_HEADS = ['row', 'conns', 'req/s', 'messages/s', 'p50 ms', 'p99 ms', 'Koa req/s', 'Koa p50', 'Koa p99', 'ratio', 'Koa + sync req/s', 'p50', 'p99', 'ratio', 'CPU us/req', 'generator busy']

function rowTable(rows: readonly RowResult[]): string[] {
  return table(ROW_HEADS, rows.map(({ name, connections, server, bare, durable }) => [
    name, String(connections), whole(server.requests), whole(server.messages), fixed(server.p50), fixed(server.p99),
    ...besideCells(bare), ...(durable === null ? ['', '', '', ''] : besideCells(durable)),
    [server, bare, durable].filter(figures => figures !== null).map(({ cpu }) => whole(cpu)).join(' / '),
    [server, bare, durable].filter(figures => figures !== null).map(({ load }) => `${whole(load * 100)} %`).join(' / '),
  ]))
}

function besideCells({ requests, p50, p99, ratio }: Beside): string[] {
  return [whole(requests), fixed(p50), fixed(p99), fixed(ratio)]
}

function curveTable(curves: readonly Curve[]): string[] {
  return table(['row', 'figure', 'first', 'second', 'p99 ms', 'ratio'], curves.map(({ name, of, labels, values, p99, ratio }) => [
    name, of, ...labels.map((label, index) => `${label}: ${of === 'req/s' ? whole(values[index]) : fixed(values[index])}`),
    p99.map(fixed).join(' / '), fixed(ratio),
  ]))
}

const MONGODB_HEADS = ['on MongoDB', 'conns', 'units/s', 'p50 ms', 'p99 ms', 'package units/s', 'p50', 'p99', 'ratio', 'Koa units/s', 'p50', 'p99', 'ratio']

function mongodbTable(rows: readonly MongodbRow[]): string[] {
  const cells = ({ units, p50, p99 }: Rate) => [whole(units), fixed(p50), fixed(p99)]
  return table(MONGODB_HEADS, rows.map(({ name, connections, server, raw, koa }) => [
    name, String(connections), ...cells(server), ...cells(raw), fixed(raw.ratio), ...cells(koa), fixed(koa.ratio),
  ]))
}

function goalTable(goals: readonly Goal[]): string[] {
  return goals.length === 0 ? [] : table(['goal', 'measured', ''], goals.map(({ text, value, isMet }) => [text, fixed(value), isMet ? 'met' : 'MISSED']))
}

/** What makes a row not worth its numbers. */
function warnings(rows: readonly RowResult[]): string[] {
  return rows.flatMap(({ name, connections, server, bare, durable }) => {
    const failures = server.failures + bare.failures + (durable?.failures ?? 0)
    const isUnlike = Math.abs(server.answerBytes / bare.answerBytes - 1) > 0.02
    return [
      ...(failures === 0 ? [] : [`WARNING: ${name} at ${connections}: ${failures} requests failed`]),
      ...(isUnlike ? [`WARNING: ${name} at ${connections}: answers have ${server.answerBytes} bytes, those of Koa ${bare.answerBytes}`] : []),
    ]
  })
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heads.map((head, column) => Math.max(3, head.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  return [line(heads), `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`, ...rows.map(line)]
}

function whole(value = NaN): string {
  return String(Math.round(value))
}

function fixed(value = NaN): string {
  return Number.isNaN(value) ? '' : value.toFixed(2)
}
