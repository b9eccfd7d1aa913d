import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** One block a folder: a later one would replace an earlier one of the same rule. */
const ban = (...group) => ({ 'no-restricted-imports': ['error', { patterns: [{ group }] }] })

const HTTP = ['koa', '@koa/*', 'node:http', '**/transport/**']
const BACKENDS = ['mongodb', 'lmdb', '**/storage/lmdb/**', '**/storage/faulty/**', '**/storage/registry.ts']
const TOP = ['**/bootstrap.ts', '**/cli/**', '**/config.ts', '**/config/**']

/** What only one room may touch: the environment, the wall clock, randomness that a test cannot steer. */
const ROOMS = [
  { object: 'process', property: 'env', message: 'Options come from the configuration: see lib/config/.' },
  { object: 'Date', property: 'now', message: 'Time comes from an injected clock: see lib/clock.ts.' },
  { object: 'Math', property: 'random', message: 'Use node:crypto.' },
]

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.tap/', '.cache/'] },
  js.configs.recommended,
  tseslint.configs.strict,
  tseslint.configs.stylistic,
  {
    rules: {
      'max-lines': ['error', 300],
      complexity: ['error', 12],
      eqeqeq: 'error',
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  { files: ['**/*.mjs', 'eslint.config.js'], languageOptions: { globals: { process: 'readonly' } }, rules: { 'no-restricted-exports': 'off' } },
  { files: ['lib/**'], rules: { 'no-restricted-properties': ['error', ...ROOMS] } },
  { files: ['lib/config/environment.ts', 'lib/clock.ts'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['lib/model/**', 'lib/errors.ts', 'lib/clock.ts', 'lib/options.ts'], rules: ban(...HTTP, ...BACKENDS, ...TOP, '**/service/**', '**/storage/**') },
  { files: ['lib/service/**'], rules: ban(...HTTP, ...BACKENDS, ...TOP) },
  { files: ['lib/storage/**'], rules: ban(...HTTP, ...TOP, '**/service/**') },
  { files: ['lib/policy/**', 'lib/quota/**'], rules: ban(...HTTP, ...BACKENDS, '**/bootstrap.ts', '**/cli/**', '**/service/**', '**/storage/**') },
  { files: ['lib/transport/**'], rules: ban(...BACKENDS, ...TOP) },
  { files: ['lib/bootstrap.ts', 'lib/config/**'], rules: ban('**/cli/**') },
)
