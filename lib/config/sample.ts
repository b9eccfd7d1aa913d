/** Writes the sample configuration file from the option tables. */
import type { Option } from '../options.ts'
import { expectedOf, showChoices, type CheckedOption } from './convert.ts'
import { showKey } from './names.ts'
import type { Group } from './tables.ts'

const WIDTH = 98

const HEAD = [
  'Sample configuration of Marconi. It is made from the option tables by "npm run genconfig": do not edit it.',
  '',
  'Each line with a value shows the default. To change one, copy the file as marconi.conf and take away the # before the name.',
  '',
  'Without --config-file the server reads the first marconi.conf in ~/.marconi/, the configuration folder of the user '
  + '($XDG_CONFIG_HOME/marconi, or ~/.config/marconi) and /etc/marconi/, then all *.conf of the first folder marconi.conf.d in '
  + 'the same places, in the order of their names. The later value wins.',
  '',
  'The environment wins over the files: MARCONI_<GROUP>__<OPTION> in capitals, every other character written as _, as in '
  + 'MARCONI_DRIVERS_TRANSPORT_WSGI__PORT. The command line wins over both.',
  '',
  'A value runs to the end of its line, # and ; included. Indented lines continue it. $name and ${group.name} stand for the '
  + 'value of another option, $$ for a dollar sign.',
].join('\n')

function wrap(text: string): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function comment(text: string): readonly string[] {
  return text.split('\n').flatMap(wrap).map(line => `# ${line}`.trimEnd())
}

function typeOf(option: CheckedOption): string {
  return typeof option.format === 'string' ? `Value: ${expectedOf(option)}` : `Choices: ${showChoices(option.format)}`
}

/** A default as the file has to give it. */
function written(value: unknown): string {
  const text = Array.isArray(value) ? value.join(',') : String(value)
  const escaped = text.replaceAll('$', '$$$$')
  return escaped !== escaped.trim() || (/^["']/.test(escaped) && escaped.at(0) === escaped.at(-1)) ? `"${escaped}"` : escaped
}

function sampleOption(name: string, option: Option): string {
  const old = option.deprecated ?? []
  return [
    ...comment(option.doc),
    ...comment(typeOf(option)),
    ...old.length === 0 ? [] : comment(`Deprecated: ${old.map(showKey).join(', ')}`),
    `#${name} = ${written(option.default)}`.trimEnd(),
  ].join('\n')
}

/** The text of the sample file. */
export function sampleOf(groups: readonly Group[]): string {
  const parts = groups.map(({ name, doc, options }) => [
    [`[${name}]`, ...comment(doc)].join('\n'),
    ...Object.entries(options).map(([option, each]) => sampleOption(option, each)),
  ].join('\n\n'))
  return `${[comment(HEAD).join('\n'), ...parts].join('\n\n')}\n`
}
