/**
 * The INI dialect of oslo.config. A value runs to the end of its line, `#` and `;` included; comments start in the first
 * column; indented lines continue the value before them; a group name is everything between the brackets. All values are
 * text here: what they mean is decided elsewhere.
 */
import { strip, stripEnd, stripStart } from './space.ts'

/** One value as the file gives it. */
export interface Assignment {
  /** In lower case, except `DEFAULT`: the case of group names does not matter. */
  readonly group: string
  readonly name: string
  readonly text: string
  /** Where the value starts, counted from 1. */
  readonly line: number
}

/** A group header of the file. */
export interface Header {
  readonly group: string
  readonly line: number
}

/** A file as read. If there are problems, the rest is what could be understood. */
export interface IniFile {
  readonly headers: readonly Header[]
  /** In the order of the file, repeated names included. */
  readonly assignments: readonly Assignment[]
  /** One line each: file, line number and what is wrong. They never repeat the line, which may hold a secret. */
  readonly problems: readonly string[]
}

function groupOf(name: string): string {
  return name === 'DEFAULT' ? name : name.toLowerCase()
}

/** Splits at the first `=` or `:`, and takes one pair of quotes off the value. */
function split(line: string): { name: string; text: string } | null {
  const at = line.search(/[=:]/)
  if (at < 0) return null
  const text = strip(line.slice(at + 1))
  const isQuoted = /^["']/.test(text) && text.at(0) === text.at(-1)
  return { name: strip(line.slice(0, at)), text: isQuoted ? text.slice(1, -1) : text }
}

/** Reads the text of a file. `file` is what problems call it. */
export function parseIni(content: string, file: string): IniFile {
  const headers: Header[] = []
  const assignments: Assignment[] = []
  const problems: string[] = []
  const state: { group: string | null; open: { name: string; lines: string[]; line: number } | null } = { group: null, open: null }

  const wrong = (line: number, what: string) => problems.push(`${file}:${String(line)}: ${what}`)

  function close(): void {
    if (state.open === null) return
    const { group, open: { name, lines, line } } = state
    state.open = null
    if (group === null) wrong(line, `"${name}" stands before the first group; write [DEFAULT] above it`)
    else assignments.push({ group, name, text: lines.join('\n'), line })
  }

  function readHeader(text: string, line: number): void {
    if (!text.endsWith(']')) wrong(line, 'a group header must end with ]')
    else if (text.length <= 2) wrong(line, 'a group header must have a name')
    else {
      state.group = groupOf(text.slice(1, -1))
      headers.push({ group: state.group, line })
    }
  }

  function readAssignment(text: string, line: number): void {
    const parts = split(text)
    if (parts === null) wrong(line, 'expected "name = value", a [group], a comment or an empty line')
    else if (parts.name === '') wrong(line, 'there is no name before the = or :')
    else state.open = { name: parts.name, lines: [parts.text], line }
  }

  for (const [index, raw] of content.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1
    const text = stripEnd(raw)
    if (/^[ \t]/.test(text)) {
      if (state.open === null) wrong(line, 'an indented line continues the value before it, but there is none')
      else state.open.lines.push(stripStart(text))
      continue
    }
    close()
    if (text === '' || /^[#;]/.test(text)) continue
    if (text.startsWith('[')) readHeader(text, line)
    else readAssignment(text, line)
  }
  close()
  return { headers, assignments, problems }
}
