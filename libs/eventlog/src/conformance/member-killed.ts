import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { expect } from '@jest/globals';
import { spawnService, waitFor } from '@samspill/testing';
import type { Log } from '../log.js';
import { publish, range } from './logs-of-test.js';
import { Seen } from './seen.js';

const MEMBER = resolve(import.meta.dirname, '../../dist/conformance/log-member.js');
const PARTITIONS = 4;

/** Two processes share a group's partitions; one gets SIGKILL, and the other goes on with all of them, losing nothing. */
export async function expectTakeover(log: Log, kind: 'kafka' | 'postgres', address: string): Promise<void> {
  const [group, topic] = [randomUUID(), `test.${randomUUID()}`];
  await log.create([topic], PARTITIONS);
  const publishEverywhere = async (): Promise<void> => {
    for (let partition = 0; partition < PARTITIONS; partition += 1)
      await publish(log, topic, partition, range(3));
  };
  const member = await spawnService({ main: MEMBER, args: [kind, address, group, topic], ready: /^ready/m });
  await publishEverywhere();
  await waitFor(() => readBy(member.output()).size === PARTITIONS, {
    describe: 'the process to read all partitions',
  });
  const seen = new Seen();
  const subscription = await log.subscribe(group, [topic], seen.handler());
  const mine = (): number =>
    range(PARTITIONS).filter((partition) => seen.of(topic, Number(partition)).length > 0).length;
  await waitFor(() => mine() === PARTITIONS / 2, { describe: 'the partitions to be shared' });
  await member.kill('SIGKILL');
  await publishEverywhere();
  await waitFor(() => range(PARTITIONS).every((partition) => seen.of(topic, Number(partition)).length >= 6), {
    describe: 'the other to read everything',
  });
  for (const partition of range(PARTITIONS))
    expect(seen.of(topic, Number(partition))).toEqual([...range(3), ...range(3)]);
  await subscription.stop();
}

/** Partitions that a member has printed records of. */
function readBy(output: string): ReadonlySet<string> {
  return new Set([...output.matchAll(/^read (\d+) /gm)].map(([, partition]) => partition ?? ''));
}
