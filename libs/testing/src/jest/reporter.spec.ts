import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import Reporter from './reporter.js';

function runOf(...tests: readonly { status: string; ancestorTitles: readonly string[] }[]) {
  return {
    testResults: [
      { testFilePath: `${process.cwd()}/libs/eventlog/src/order.int-spec.ts`, testResults: tests },
    ],
  };
}
const passed = { status: 'passed', ancestorTitles: ['Postgres'] };
const skipped = { status: 'pending', ancestorTitles: ['Kafka (needs Kafka)', 'order'] };

describe('the end of a run', () => {
  const log = jest.spyOn(console, 'log');
  beforeEach(() => {
    log.mockReset();
  });
  afterEach(() => {
    delete process.env['TEST_KAFKA_SKIPPED'];
  });

  it('names the suites that were skipped for want of a Kafka, why, and what to install', () => {
    process.env['TEST_KAFKA_SKIPPED'] = 'no Docker engine answers; there is no Java';
    new Reporter().onRunComplete(undefined, runOf(passed, skipped, skipped));
    expect(log.mock.calls).toEqual([
      [
        [
          '',
          '2 tests were skipped, because there is no Kafka: no Docker engine answers; there is no Java.',
          '  libs/eventlog/src/order.int-spec.ts: Kafka (2)',
          'To run them too: Start a Docker engine, or install Java 17 or newer and Maven, or name a running Kafka in KAFKA_BROKERS (host:port,…).',
          '',
        ].join('\n'),
      ],
    ]);
  });

  it('says nothing when all ran, or when tests were skipped for another reason', () => {
    new Reporter().onRunComplete(undefined, runOf(passed));
    new Reporter().onRunComplete(undefined, runOf({ ...skipped, ancestorTitles: ['started by root'] }));
    expect(log).not.toHaveBeenCalled();
  });
});
