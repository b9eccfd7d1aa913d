/** What a project keeps in the store, counted in the transactions that change it. */
import type { Project } from '../../model/names.ts'
import type { Usage } from '../contract.ts'
import type { Environment } from './environment.ts'
import { projectKey } from './keys.ts'
import { readUsage, writeUsage } from './rows.ts'

/** The use of all projects that one transaction touches. */
export class Ledger {
  readonly #env: Environment
  readonly #changed = new Map<Project, Usage>()

  constructor(env: Environment) {
    this.#env = env
  }

  /** What a project keeps, with what this transaction has changed so far. */
  of(project: Project): Usage {
    return this.#changed.get(project) ?? usageOf(this.#env, project)
  }

  /** Adds what came, or takes off what went. */
  change(project: Project, messages: number, bytes: number): void {
    const usage = this.of(project)
    this.#changed.set(project, { messages: usage.messages + messages, bytes: usage.bytes + bytes })
  }

  flush(): void {
    for (const [project, usage] of this.#changed) {
      const key = projectKey(project)
      if (usage.messages > 0) this.#env.usage.put(key, writeUsage(usage))
      else this.#env.usage.remove(key)
    }
  }
}

/** What a project keeps. */
export function usageOf(env: Environment, project: Project): Usage {
  return env.usage.parse(projectKey(project), readUsage) ?? { messages: 0, bytes: 0 }
}
