/** Reads a CPU profile of Node and says where the time went. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface ProfileNode {
  readonly id: number
  readonly children?: readonly number[]
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}
interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Not work: waiting for it. */
const IDLE = new Set(['(idle)', '(program)', '(root)'])
const SHOWN_FUNCTIONS = 40
const SHOWN_FILES = 30
const SHOWN_CALLS = 60

/** A summary of every profile in a folder, that of the process with the most work first. */
export function profileSummary(folder: string): string {
  const summaries = readdirSync(folder).filter(name => name.endsWith('.cpuprofile')).map(name => summarise(join(folder, name)))
  return summaries.sort((a, b) => b.busy - a.busy).map(({ text }) => text).join('\n\n')
}

function summarise(file: string): { readonly busy: number; readonly text: string } {
  const profile: Profile = JSON.parse(readFileSync(file, 'utf8'))
  const nodes = new Map(profile.nodes.map(node => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap(node => (node.children ?? []).map(child => [child, node] as const)))
  const functions = new Map<string, number>()
  const files = new Map<string, number>()
  const calls = new Map<string, number>()
  let busy = 0
  let idle = 0
  profile.samples.forEach((id, index) => {
    const node = nodes.get(id)
    const time = Math.max(0, profile.timeDeltas[index + 1] ?? 0)
    if (node === undefined) return
    if (IDLE.has(node.callFrame.functionName)) {
      idle += time
      return
    }
    busy += time
    const place = placeOf(node.callFrame.url)
    add(functions, nameOf(node), time)
    add(files, place === '' ? `(native) ${node.callFrame.functionName}` : place, time)
    for (const name of callersOf(node, parents)) add(calls, name, time)
  })
  const head = `${file}: busy ${seconds(busy)}, idle or outside of JavaScript ${seconds(idle)}; shares are of the busy time`
  const text = [
    head,
    'By function:', ...lines(functions, busy, SHOWN_FUNCTIONS),
    'By file:', ...lines(files, busy, SHOWN_FILES),
    'By function, with all that it calls:', ...lines(calls, busy, SHOWN_CALLS),
  ].join('\n')
  return { busy, text }
}

/** A function and those that were under way above it, each once. */
function callersOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): Set<string> {
  const names = new Set<string>()
  for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) {
    if (at.callFrame.functionName !== '(root)') names.add(nameOf(at))
  }
  return names
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  return `${functionName === '' ? '(anonymous)' : functionName} ${placeOf(url)}:${lineNumber + 1}`
}

function placeOf(url: string): string {
  const path = url.replace(/^file:\/\//, '')
  const modules = path.lastIndexOf('node_modules/')
  if (modules !== -1) return path.slice(modules + 'node_modules/'.length)
  return path.replace(/^.*\/dist\//, '')
}

function add(sums: Map<string, number>, key: string, time: number): void {
  sums.set(key, (sums.get(key) ?? 0) + time)
}

function lines(sums: ReadonlyMap<string, number>, total: number, count: number): string[] {
  const top = [...sums].sort(([, a], [, b]) => b - a).slice(0, count)
  return top.map(([name, time]) => `  ${(time / total * 100).toFixed(1).padStart(5)} %  ${name}`)
}

function seconds(microseconds: number): string {
  return `${(microseconds / 1e6).toFixed(2)} s`
}
