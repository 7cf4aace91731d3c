import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { testPostgresUrl, waitFor } from '@samspill/testing';
import { describeWithKafka } from '@samspill/testing/jest';
import { identityOf } from '../codec.js';
import { KafkaWorld } from './kafka-world.js';
import { publish } from './logs-of-test.js';
import { companies, company, recordOf, scenes, storedEvent, type Scene } from './scene.js';
import { account, moved, type ToyProcess } from './toy/toy-process.js';

const ROUNDS = 3;
/** Long enough for kafkajs to see that a topic is gone, too short for it to give it up. */
const A_FAILED_FETCH_MS = 400;
const FILLED = { describe: 'the topic to be filled' };

describeWithKafka('Kafka: a topic that somebody removes and makes anew', ({ brokers }) => {
  const scene = scenes(() => KafkaWorld.create(brokers, testPostgresUrl()));

  it('G69 begins with its oldest events, though the service went on publishing', async () => {
    const opened = await scene();
    const bank = await opened.bank();
    const stop = new AbortController();
    const writing = writeUntil(stop.signal, bank);
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await written(opened);
      await opened.world.recreateTopics();
      await waitFor(async () => (await written(opened)) > before, FILLED);
    }
    stop.abort();
    await writing;
    await opened.published(bank);
    for (const [stream, versions] of await firstTimes(opened))
      expect([stream, versions]).toEqual([stream, versions.map((_, index) => index + 1)]);
  });

  it('G69 is told from the former one at once, though it is as long already', async () => {
    const opened = await scene();
    const log = await opened.log();
    const event = storedEvent(`toy.account/${company}/1`, 1, account('1', 'A'));
    await opened.publish(opened.topic, recordOf(event));
    const before = (await log.ends(opened.topic)).filter(({ end }) => end > 0n);
    await opened.world.recreateTopics();
    await opened.publish(opened.topic, recordOf({ ...event, id: randomUUID() }));
    const after = (await log.ends(opened.topic)).filter(({ end }) => end > 0n);
    expect(after.map(({ end }) => end)).toEqual(before.map(({ end }) => end));
    expect(after[0]?.identity).not.toBe(before[0]?.identity);
  });

  it('G69 has those who read it asked anew where to go on, though it is as long already', async () => {
    const opened = await scene();
    const log = await opened.log();
    const { topic } = opened;
    const begun: bigint[] = [];
    let next = 0n;
    const subscription = await log.subscribe(randomUUID(), [topic], {
      position: async (_, partition) => {
        const { end = 0n } = (await log.ends(topic))[partition] ?? {};
        if (partition === 0) begun.push(end);
        return partition === 0 ? next : end;
      },
      handle: ({ partition, records }) => {
        const last = records.at(-1);
        if (partition === 0 && last) next = last.offset + 1n;
        return Promise.resolve();
      },
    });
    await publish(log, topic, 0, ['a', 'b']);
    for (let round = 1; round <= ROUNDS; round += 1) {
      await waitFor(() => next === 2n, { describe: `round ${round} to be read` });
      next = 0n;
      const before = begun.length;
      await opened.world.recreateTopics(() => setTimeout(A_FAILED_FETCH_MS));
      await publish(log, topic, 0, ['c', 'd']);
      await waitFor(() => begun.slice(before).includes(2n), { describe: `round ${round} to be noticed` });
    }
    await subscription.stop();
  });
});

/** Writes to every company for as long as it may; while the gate is closed it waits like any client. */
async function writeUntil(stop: AbortSignal, bank: ToyProcess): Promise<void> {
  while (!stop.aborted)
    await Promise.all(
      companies.map((each) =>
        bank.append(each, 'toy.ledger', '1', moved('1', 1, 'on')).catch(() => undefined),
      ),
    );
}

async function written(scene: Scene): Promise<number> {
  return (await scene.records()).length;
}

/** By stream, its versions in the order in which they come for the first time. */
async function firstTimes(scene: Scene): Promise<ReadonlyMap<string, readonly number[]>> {
  const seen = new Map<string, Set<number>>();
  for (const record of await scene.records()) {
    const event = identityOf(record);
    if (!event) throw new Error('a record that says no event');
    const versions = seen.get(event.stream) ?? new Set();
    seen.set(event.stream, versions.add(event.version));
  }
  return new Map([...seen].map(([stream, versions]) => [stream, [...versions]]));
}
