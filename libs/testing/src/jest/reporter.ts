import { relative } from 'node:path';

import { fromRun } from '../run-environment.js';
import { NEEDS_KAFKA, WHAT_TO_INSTALL } from './needs-kafka.js';

/** The part of Jest's AggregatedResult that is read here. */
interface RunResult {
  readonly testResults: readonly {
    readonly testFilePath: string;
    readonly testResults: readonly { readonly status: string; readonly ancestorTitles: readonly string[] }[];
  }[];
}

/** Jest reporter whose closing paragraph says which suites were skipped for want of a Kafka, and what to install. */
export default class SkippedWithoutKafka {
  onRunComplete(_contexts: unknown, run: RunResult): void {
    const skipped = skippedForWantOfKafka(run);
    if (skipped.length > 0)
      console.log(
        paragraph(skipped, fromRun('kafkaSkipped') ?? 'none of the wanted version could be started'),
      );
  }
}

interface SkippedSuite {
  readonly file: string;
  readonly title: string;
  readonly tests: number;
}

function skippedForWantOfKafka(run: RunResult): readonly SkippedSuite[] {
  return run.testResults.flatMap(({ testFilePath, testResults }) => {
    const titles = testResults
      .filter(({ status }) => status === 'pending')
      .flatMap(({ ancestorTitles }) =>
        ancestorTitles.filter((title) => title.endsWith(NEEDS_KAFKA)).slice(0, 1),
      );
    const byTitle = Map.groupBy(titles, (title) => title);
    return [...byTitle].map(([title, tests]) => ({
      file: relative(process.cwd(), testFilePath),
      title: title.slice(0, -NEEDS_KAFKA.length).trim(),
      tests: tests.length,
    }));
  });
}

function paragraph(skipped: readonly SkippedSuite[], reason: string): string {
  const tests = skipped.reduce((sum, suite) => sum + suite.tests, 0);
  return [
    '',
    `${tests} tests were skipped, because there is no Kafka: ${reason}.`,
    ...skipped.map(({ file, title, tests: count }) => `  ${file}: ${title} (${count})`),
    `To run them too: ${WHAT_TO_INSTALL}`,
    '',
  ].join('\n');
}
