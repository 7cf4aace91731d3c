import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { java } from './jvm-kafka.js';
import { kafkaJars } from './kafka-jars.js';
import { NEWEST_KAFKA } from './start-kafka.js';

const run = promisify(execFile);
/** A JVM starts in a second, and a tool reads what a test has written in another; a busy machine takes its time. */
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs one of Kafka's own command-line tools from the jars that brokers on the local JVM are started from, and returns its output.
 * @param mainClass such as `org.apache.kafka.tools.consumer.ConsoleConsumer`
 * @throws Error with what the tool has said when it fails
 */
export async function runKafkaTool(mainClass: string, args: readonly string[]): Promise<Buffer> {
  const classPath = join(await kafkaJars(NEWEST_KAFKA), '*');
  const { stdout } = await run(
    java(),
    [
      '-XX:TieredStopAtLevel=1',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      classPath,
      mainClass,
      ...args,
    ],
    { encoding: 'buffer', timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES },
  );
  return stdout;
}
