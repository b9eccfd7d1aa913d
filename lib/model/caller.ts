import type { Instant } from '../clock.ts'
import type { Project } from './names.ts'

/** Who makes a request, as authentication found out. Nothing of it comes from the caller's own headers. */
export interface Caller {
  /** Whose queues it works on: all data of a request is of this project. */
  readonly project: Project
  readonly user: { readonly id: string; readonly name: string } | null
  /** Names of roles in the project, as they were granted and implied. Compared without regard to letter case. */
  readonly roles: readonly string[]
  /** Whether the project is the one whose administrators administer the cloud; true when the token does not say. */
  readonly isAdminProject: boolean
  /** When the token behind the caller ends; null without one. */
  readonly expires: Instant | null
}
