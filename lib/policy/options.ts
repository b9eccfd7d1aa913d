import type { OptionTable, Values } from '../options.ts'

/** The `[oslo_policy]` group. */
export const POLICY_OPTIONS = {
  policy_file: {
    doc:
      'The file of the rules that say who may do what. A relative path begins at the folder of the first configuration file, and '
      + 'counts for nothing where there is none. Without the file the rules of policy.yaml.sample hold. A changed file is read again while the server runs.',
    format: 'string', default: 'policy.yaml',
  },
  policy_dirs: {
    doc:
      'Folders with further files of rules, which win over policy_file and, in the order of their names, over each other. '
      + 'A relative path begins where that of policy_file does. Hidden files do not count, nor names that end in ~.',
    format: 'list', default: ['policy.d'] as readonly string[],
  },
} as const satisfies OptionTable

/** How policy is configured. */
export type PolicyOptions = Values<typeof POLICY_OPTIONS>
