/** What a process has used of the processor. Unlike rates, it depends little on what else the machine does. */
import { readFileSync } from 'node:fs'

/** The kernel's clock ticks in a second, as it counts them for programs. */
const TICKS = 100

/** Processor time of a process with all its threads, in seconds; NaN where there is no /proc to read it from. */
export function cpuSecondsOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses, with anything in it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return NaN
  }
}
