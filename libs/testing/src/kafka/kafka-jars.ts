import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { uniqueName } from '../unique-name.js';

const run = promisify(execFile);
/** 56 MB over a slow line. */
const DOWNLOAD_TIMEOUT_MS = 300_000;
const COMPLETE = 'complete';

/**
 * The folder with the jars of that Kafka, fetched with Maven once and kept under `node_modules/.cache`.
 * @throws Error when Maven is missing or cannot fetch them; the message is its output
 */
export async function kafkaJars(version: string): Promise<string> {
  const cache = join(nearestNodeModules(), '.cache', 'samspill');
  const folder = join(cache, `kafka-${version}`);
  if (await exists(join(folder, COMPLETE))) return folder;
  const unfinished = join(cache, uniqueName(`kafka-${version}`));
  try {
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, 'pom.xml'), pom(version));
    // slf4j-reload4j is a second logger, and Kafka 3.9 brings it along.
    const flags = [
      '-B',
      '-q',
      'dependency:copy-dependencies',
      '-DoutputDirectory=.',
      '-DexcludeArtifactIds=slf4j-reload4j',
    ];
    await run('mvn', flags, { cwd: unfinished, timeout: DOWNLOAD_TIMEOUT_MS });
    await writeFile(join(unfinished, COMPLETE), '');
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } catch (error) {
    // Another process may have been first; what it fetched is as good.
    if (!(await exists(join(folder, COMPLETE)))) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

function pom(version: string): string {
  const jars = [
    ['org.apache.kafka', 'kafka_2.13', version],
    ['org.apache.kafka', 'kafka-tools', version],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ];
  const dependencies = jars.map(
    ([group, artifact, of]) =>
      `<dependency><groupId>${group ?? ''}</groupId><artifactId>${artifact ?? ''}</artifactId><version>${of ?? ''}</version></dependency>`,
  );
  return (
    `<project><modelVersion>4.0.0</modelVersion><groupId>samspill</groupId><artifactId>kafka</artifactId>` +
    `<version>1</version><dependencies>${dependencies.join('')}</dependencies></project>`
  );
}

/** The workspace's, whether this file runs from `src` or `dist`. */
function nearestNodeModules(): string {
  const kafkajs = createRequire(import.meta.url).resolve('kafkajs');
  for (let folder = dirname(kafkajs); folder !== dirname(folder); folder = dirname(folder)) {
    if (folder.endsWith('node_modules') && existsSync(join(folder, '.bin'))) return folder;
  }
  return join(process.cwd(), 'node_modules');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
