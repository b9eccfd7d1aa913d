/** Open long waits of projects, counted in one place for all processes of a server. */
import type { Project } from '../model/names.ts'

/** Where open waits are counted. */
export interface WaitLedger {
  /** Counts one more, if the project has fewer than `limit`; false if not. */
  enter(project: Project, limit: number): boolean | Promise<boolean>
  /** Counts one off. */
  leave(project: Project): void
}

/** What one process has counted. */
export interface WaitShare extends WaitLedger {
  /** Counts off all that is left of it: the process is no more. */
  close(): void
}

/** The count. */
export class OpenWaits {
  readonly #open = new Map<Project, number>()

  /** The waits of one process among all. */
  share(): WaitShare {
    const own = new Map<Project, number>()
    return {
      enter: (project, limit) => {
        if ((this.#open.get(project) ?? 0) >= limit) return false
        change(this.#open, project, 1)
        change(own, project, 1)
        return true
      },
      leave: project => {
        if (!own.has(project)) return
        change(this.#open, project, -1)
        change(own, project, -1)
      },
      close: () => {
        for (const [project, count] of own) change(this.#open, project, -count)
        own.clear()
      },
    }
  }
}

function change(counts: Map<Project, number>, project: Project, by: number): void {
  const count = (counts.get(project) ?? 0) + by
  if (count > 0) counts.set(project, count)
  else counts.delete(project)
}
