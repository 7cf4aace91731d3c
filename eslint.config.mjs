import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** What each kind of project may import; the arrow of docs/ARCHITECTURE.md, held by a machine. */
const layers = {
  kernel: [],
  contracts: ['kernel'],
  eventlog: ['kernel', 'contracts'],
  platform: ['kernel', 'contracts', 'eventlog'],
  connector: ['kernel'],
  context: ['kernel', 'contracts', 'eventlog', 'platform', 'connector'],
  embedded: [],
  testing: ['kernel', 'contracts', 'embedded'],
  app: ['kernel', 'contracts', 'eventlog', 'platform', 'context', 'embedded', 'testing'],
  tool: ['kernel', 'contracts', 'eventlog', 'platform', 'context', 'embedded', 'testing'],
};
const depConstraints = [
  ...Object.entries(layers).map(([layer, may]) => ({
    sourceTag: `type:${layer}`,
    onlyDependOnLibsWithTags: may.map((target) => `type:${target}`),
  })),
];
const boundaries = (constraints) => [
  'error',
  {
    enforceBuildableLibDependency: false,
    allow: [],
    depConstraints: constraints,
    banTransitiveDependencies: false,
  },
];
/** Tests may also use the testing library, whatever the layer they test. */
const withTesting = depConstraints.map((constraint) => ({
  ...constraint,
  onlyDependOnLibsWithTags: [...constraint.onlyDependOnLibsWithTags, 'type:testing'],
}));
const impure = (name) => ({ name, message: 'A pure file takes the time, ids and randomness as arguments.' });

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', 'coverage/**', '**/*.mjs', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // What comes from outside is searched for control characters on purpose.
      'no-control-regex': 'off',
      '@nx/enforce-module-boundaries': boundaries(depConstraints),
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 350, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
    },
  },
  {
    ignores: ['libs/platform/src/telemetry/sdk.ts', 'libs/platform/src/telemetry/scrape.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^@opentelemetry/(?!api$)|/telemetry/(?:sdk|scrape)\\.js$|^\\./(?:sdk|scrape)\\.js$',
              message: 'The SDK is loaded where it is wanted only: everyone else uses @opentelemetry/api.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.decider.ts', '**/*.events.ts', '**/*.projection.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                'node:*',
                '@nestjs/*',
                'pg',
                'pg-*',
                'kafkajs',
                'typeorm',
                '@opentelemetry/*',
                '@samspill/platform',
                '@samspill/eventlog',
              ],
              message: 'Pure files do no I/O and know no framework.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        impure('process'),
        impure('fetch'),
        impure('setTimeout'),
        impure('setInterval'),
        impure('crypto'),
        impure('performance'),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'A pure file takes the time as an argument.' },
        { object: 'Math', property: 'random', message: 'A pure file takes randomness as an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'A pure file takes the time as an argument.',
        },
      ],
    },
  },
  {
    files: ['**/*spec.ts', '**/conformance/**/*.ts', '**/*.specification.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries(withTesting),
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['apps/**/*.ts', 'libs/testing/src/jest/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
);
