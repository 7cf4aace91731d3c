import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { LOG_PARTITIONS, publish, range, type LogsOfTest } from './logs-of-test.js';
import { Seen } from './seen.js';

/** What every log keeps to towards those who read it as it grows, alone or as members of a group. */
export function describeSubscriptions({ connect, withTopic }: LogsOfTest): void {
  describe('subscriptions', () => {
    it('hands a subscription each partition from its position on, and what comes later', async () => {
      const { log, topic } = await withTopic();
      for (const partition of [0, 1]) await publish(log, topic, partition, range(5));
      const seen = new Seen({ [`${topic}/0`]: 3n });
      await log.subscribe(randomUUID(), [topic], seen.handler());
      await waitFor(() => seen.of(topic, 0).length >= 2 && seen.of(topic, 1).length >= 5, {
        describe: 'the records that are there',
      });
      await publish(log, topic, 0, ['5', '6']);
      await publish(log, topic, 3, ['first']);
      await waitFor(() => seen.of(topic, 0).length >= 4 && seen.of(topic, 3).length > 0, {
        describe: 'what came later',
      });
      expect(seen.of(topic, 0)).toEqual(['3', '4', '5', '6']);
      expect(seen.of(topic, 1)).toEqual(range(5));
      expect(seen.of(topic, 3)).toEqual(['first']);
    });

    it('tries a batch again from its position when handling it fails, and other partitions go on', async () => {
      const { log, topic } = await withTopic();
      const seen = new Seen();
      let refuse = true;
      const failures: unknown[] = [];
      await log.subscribe(randomUUID(), [topic], {
        ...seen.handler((batch) => {
          if (batch.partition === 1 && refuse) throw new Error('not now');
        }),
        failed: (error) => failures.push(error),
      });
      await publish(log, topic, 1, range(3));
      await waitFor(() => failures.length >= 2, { describe: 'a second try' });
      await publish(log, topic, 2, range(3));
      await waitFor(() => seen.of(topic, 2).length === 3, { describe: 'the other partition' });
      expect(seen.of(topic, 1)).toEqual([]);
      refuse = false;
      await waitFor(() => seen.of(topic, 1).length >= 3, { describe: 'the partition that failed' });
      expect(seen.of(topic, 1)).toEqual(range(3));
    });

    it('tells of a position that the partition does not have, and reads on once there is another', async () => {
      const { log, topic } = await withTopic();
      await publish(log, topic, 0, range(3));
      const positions = new Map([[`${topic}/0`, 100n]]);
      const failures: unknown[] = [];
      const seen = new Seen();
      await log.subscribe(randomUUID(), [topic], {
        ...seen.handler(undefined, positions),
        failed: (error) => failures.push(error),
      });
      await waitFor(() => failures.length > 0, { describe: 'the failure' });
      expect(failures[0]).toMatchObject({ code: 'eventlog.position-unreadable' });
      expect(seen.total).toBe(0);
      positions.set(`${topic}/0`, 1n);
      await waitFor(() => seen.total === 2, { describe: 'the records from the new position on' });
    });

    it('does not let a partition that takes long hold up others', async () => {
      const { log, topic } = await withTopic();
      const seen = new Seen();
      const blocked = Promise.withResolvers<undefined>();
      await log.subscribe(
        randomUUID(),
        [topic],
        seen.handler(async (batch) => {
          if (batch.partition === 0) await blocked.promise;
        }),
      );
      await publish(log, topic, 0, range(2));
      await waitFor(() => seen.begun > 0, { describe: 'the slow batch to begin' });
      for (const key of range(3)) {
        await publish(log, topic, 1, [key]);
        await waitFor(() => seen.of(topic, 1).includes(key), {
          describe: `record ${key} of the other partition`,
        });
      }
      blocked.resolve(undefined);
      await publish(log, topic, 0, ['2']);
      await waitFor(() => seen.of(topic, 0).length >= 3, { describe: 'the slow partition' });
      expect(seen.of(topic, 0)).toEqual(range(3));
    });

    it('shares the partitions among the members of a group, and gives them to the others when one leaves', async () => {
      const { log, topic } = await withTopic();
      const [group, one, two] = [randomUUID(), new Seen(), new Seen()];
      const both = new Map<string, bigint>(); // as checkpoints in a database that both use
      const first = await log.subscribe(group, [topic], one.handler(undefined, both));
      await (await connect()).subscribe(group, [topic], two.handler(undefined, both));
      let sent = 0;
      await waitFor(
        async () => {
          for (let partition = 0; partition < LOG_PARTITIONS; partition += 1)
            await publish(log, topic, partition, [String(sent)]);
          sent += 1;
          return one.partitionsSince(sent - 5).size > 0 && two.partitionsSince(sent - 5).size > 0;
        },
        { describe: 'both members to have partitions' },
      );
      await first.stop();
      const before = one.total;
      for (let partition = 0; partition < LOG_PARTITIONS; partition += 1)
        await publish(log, topic, partition, ['last']);
      await waitFor(
        () => [...both.values()].filter((next) => next === BigInt(sent + 1)).length === LOG_PARTITIONS,
        {
          describe: 'the member that is left to have read everything',
        },
      );
      expect(one.total).toBe(before);
    });

    it('lets the batch under way finish when a subscription is stopped, and begins no other', async () => {
      const { log, topic } = await withTopic();
      const seen = new Seen();
      const blocked = Promise.withResolvers<undefined>();
      const subscription = await log.subscribe(
        randomUUID(),
        [topic],
        seen.handler(() => blocked.promise),
      );
      await publish(log, topic, 0, range(1));
      await waitFor(() => seen.begun > 0, { describe: 'the batch to begin' });
      let stopped = false;
      const stopping = subscription.stop().then(() => (stopped = true));
      for (const partition of [0, 1]) await publish(log, topic, partition, range(1));
      expect(stopped).toBe(false);
      blocked.resolve(undefined);
      await stopping;
      expect(seen.of(topic, 0)).toEqual(range(1));
      expect(seen.begun).toBe(1);
    });
  });
}
