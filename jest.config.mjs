import { availableParallelism } from 'node:os';

/**
 * Suites that run beside each other. They wait for databases, brokers and processes more than they compute: one for each core, where
 * Jest itself would leave one core free and run everything in one process on a machine with two.
 */
const SUITES_AT_ONCE = availableParallelism();

/**
 * Three projects by suffix: `*.spec.ts` touches nothing outside the process, `*.int-spec.ts` needs Postgres or Kafka,
 * `*.e2e-spec.ts` starts whole processes. Types and tests read sources through the `@samspill/source` condition;
 * child processes read `dist`, so `npm test` builds first.
 */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@samspill/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*(?<!\\.json))\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2024',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.nx/'],
};
const withServers = {
  globalSetup: '<rootDir>/libs/testing/dist/jest/global-setup.js',
  globalTeardown: '<rootDir>/libs/testing/dist/jest/global-teardown.js',
};
export default {
  reporters: ['default', '<rootDir>/libs/testing/dist/jest/reporter.js'],
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{libs,apps}/**/*.spec.ts'] },
    {
      ...shared,
      ...withServers,
      displayName: 'integration',
      testMatch: ['<rootDir>/{libs,apps}/**/*.int-spec.ts'],
    },
    { ...shared, ...withServers, displayName: 'e2e', testMatch: ['<rootDir>/{libs,apps}/**/*.e2e-spec.ts'] },
    // Needs images that are built first: npm run test:containers.
    ...(process.env.SAMSPILL_IMAGES_TAG === undefined
      ? []
      : [{ ...shared, displayName: 'containers', testMatch: ['<rootDir>/apps/**/*.container-spec.ts'] }]),
  ],
  testSequencer: '<rootDir>/scripts/longest-first.mjs',
  maxWorkers: SUITES_AT_ONCE,
  testTimeout: 300_000,
};
