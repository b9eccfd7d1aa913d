/** `marconi-manage quota`: what projects may keep, and what they keep. */
import type { Command } from 'commander'
import { pino } from 'pino'
import { openQuotas } from '../../quota/overrides.ts'
import { reportQuota, type QuotaReport } from '../../service/quotas.ts'
import { configOf, onStores, print, projectOf, withStores, type Common } from './session.ts'

/** Adds the commands. */
export function addQuotaCommands(program: Command): void {
  const quota = program.command('quota').description('what projects may keep, and what they keep')
  onStores(quota.command('show').argument('<project>', 'the id of the project'))
    .description('shows the limits of a project and what it uses of them')
    .option('--json', 'print one JSON object instead of a table')
    .action(showQuota)
}

async function showQuota(name: string, options: Common & { readonly json?: true }): Promise<void> {
  const project = projectOf(name)
  const config = configOf(options)
  const quotas = await openQuotas(config.quotas, pino({ level: 'silent' }))
  try {
    const report = await withStores(config, stores => reportQuota(stores, quotas, project))
    await print(options.json ? `${JSON.stringify(report)}\n` : quotaTable(report))
  } finally {
    quotas.close()
  }
}

/** One line for each quota: its limit, and what is used of it. */
function quotaTable({ project, limits, use }: QuotaReport): string {
  const used: Readonly<Record<string, number>> = use
  const rows = Object.entries(limits).map(([name, limit]) => [name, limit === null ? 'none' : String(limit), name in used ? String(used[name]) : '-'])
  const lines = [['quota', 'limit', 'used'], ...rows].map(([name = '', limit = '', count = '']) => `${name.padEnd(22)}${limit.padStart(16)}${count.padStart(16)}`)
  return `project ${project}\n${lines.join('\n')}\n`
}
