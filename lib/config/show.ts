/** The configuration in force, for `--check-config`. */
import type { LoadedConfig } from './load.ts'
import { GROUPS, type Config, type Group } from './tables.ts'

/** The values of all options as a configuration file would give them, secrets hidden, after the files they came from. */
export function showConfig({ config, files }: LoadedConfig): string {
  const from = files.length === 0 ? 'no configuration file' : files.join(', ')
  return [`# The configuration is good. Read: ${from}.`, ...GROUPS.map(group => showGroup(group, config))].join('\n')
}

function showGroup({ name, options }: Group, config: Config): string {
  const values: Readonly<Record<string, unknown>> = config[name as keyof Config]
  const lines = Object.entries(options).map(([option, { secret }]) => {
    const value = values[option]
    const text = Array.isArray(value) ? value.join(',') : String(value)
    return `${option} = ${secret && text !== '' ? '[hidden]' : text}`
  })
  return `[${name}]\n${lines.join('\n')}\n`
}
