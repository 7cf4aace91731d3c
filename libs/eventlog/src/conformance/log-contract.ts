import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { Log, LogRecord, ReceivedRecord, RecordBatch, SubscriptionHandler } from '../log.js';
import { decodedWhole } from '../received-record.js';
import { MAX_RECORD_BYTES } from '../record-size.js';

export interface LogUnderTest {
  /** A client of its own, as another process would have it. */
  connect(): Promise<Log>;
}

const PARTITIONS = 4;

/** What every log keeps to, whatever it stands on. */
export function describeLog(name: string, logUnderTest: LogUnderTest): void {
  describe(`${name}: a log`, () => {
    const open: Log[] = [];
    const connect = async (): Promise<Log> => {
      const log = await logUnderTest.connect();
      open.push(log);
      return log;
    };
    const withTopic = async (): Promise<{ log: Log; topic: string }> => {
      const log = await connect();
      const topic = `test.${randomUUID()}`;
      await log.create([topic], PARTITIONS);
      return { log, topic };
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((log) => log.close()));
    });

    it('gives records back byte for byte, in order, with gapless offsets', async () => {
      const { log, topic } = await withTopic();
      const zero = [
        record('a'),
        record('Ærø', { value: Buffer.from([0, 255, 128, 10]) }),
        record('c', { value: Buffer.alloc(0) }),
      ];
      const two = [record('x')];
      const writer = await log.writer();
      expect(
        await writer.publish(
          topic,
          new Map([
            [0, zero],
            [2, two],
          ]),
        ),
      ).toEqual(
        new Map([
          [0, 0n],
          [2, 0n],
        ]),
      );
      const more = [record('d'), record('e')];
      expect(await writer.publish(topic, new Map([[0, more]]))).toEqual(new Map([[0, 3n]]));
      await writer.close();
      const read = await readAll(log, topic);
      expect(read.get(0)?.map(decodedWhole)).toEqual([...zero, ...more]);
      expect(read.get(0)?.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n, 4n]);
      expect(read.get(2)?.map(decodedWhole)).toEqual(two);
      const [first, sent] = [read.get(0)?.[0], zero[0]];
      expect(first?.header('ce_id')).toBe(sent?.headers['ce_id']);
      expect(first?.header('content-type')).toBe('application/json');
      expect(first?.header('ce_type')).toBeUndefined();
      expect(read.has(1)).toBe(false);
    });

    it('reads just the range that was asked for', async () => {
      const { log, topic } = await withTopic();
      await publish(log, topic, 1, range(10));
      const seen: string[] = [];
      await log.read(
        [
          { topic, partition: 1, from: 3n, to: 6n },
          { topic, partition: 1, from: 6n, to: 6n },
        ],
        (batch) => {
          seen.push(...keys(batch));
          return Promise.resolve();
        },
      );
      expect(seen).toEqual(['3', '4', '5']);
    });

    it('waits at the end of a partition for records that a range still asks for, until it is told to stop', async () => {
      const { log, topic } = await withTopic();
      await publish(log, topic, 0, range(2));
      const seen: string[] = [];
      const reading = log.read([{ topic, partition: 0, from: 0n, to: 4n }], (batch) => {
        seen.push(...keys(batch));
        return Promise.resolve();
      });
      await waitFor(() => seen.length === 2, { describe: 'the records that are there' });
      await publish(log, topic, 0, ['2', '3']);
      await reading;
      expect(seen).toEqual(['0', '1', '2', '3']);
      const stop = new AbortController();
      const endless = log.read(
        [{ topic, partition: 0, from: 4n, to: 5n }],
        () => Promise.resolve(),
        stop.signal,
      );
      stop.abort(new Error('enough'));
      await expect(endless).rejects.toThrow('enough');
    });

    it('reads on in other partitions while one has nothing yet', async () => {
      const { log, topic } = await withTopic();
      const seen: string[] = [];
      const stop = new AbortController();
      const ranges = [0, 1].map((partition) => ({ topic, partition, from: 0n, to: 2n ** 60n }));
      const reading = log.read(
        ranges,
        (batch) => {
          seen.push(...keys(batch));
          return Promise.resolve();
        },
        stop.signal,
      );
      for (const [partition, key] of [
        [1, 'a'],
        [0, 'b'],
        [1, 'c'],
      ] as const) {
        await publish(log, topic, partition, [key]);
        await waitFor(() => seen.includes(key), { describe: `${key} to be read` });
      }
      expect(seen).toEqual(['a', 'b', 'c']);
      stop.abort(new Error('enough'));
      await expect(reading).rejects.toThrow('enough');
    });

    it('ends a read with the error of its handler', async () => {
      const { log, topic } = await withTopic();
      await publish(log, topic, 0, range(3));
      const reading = log.read([{ topic, partition: 0, from: 0n, to: 3n }], () =>
        Promise.reject(new Error('cannot')),
      );
      await expect(reading).rejects.toThrow('cannot');
    });

    it('tells the ends of partitions, and names each for its first record', async () => {
      const { log, topic } = await withTopic();
      expect(await log.ends(topic)).toEqual(
        range(PARTITIONS).map(() => ({ begin: 0n, end: 0n, identity: undefined })),
      );
      await publish(log, topic, 3, range(5));
      const ends = await log.ends(topic);
      expect(ends[3]).toMatchObject({ begin: 0n, end: 5n });
      expect(ends[3]?.identity).toMatch(/.\/./);
      expect(ends[0]?.identity).toBeUndefined();
      await publish(log, topic, 3, range(1));
      const other = await connect();
      expect((await other.ends(topic))[3]).toEqual({ begin: 0n, end: 6n, identity: ends[3]?.identity });
    });

    it('names a topic as it was made, whatever is in it', async () => {
      const { log, topic } = await withTopic();
      const identity = await log.identity(topic);
      expect(identity).toMatch(/.\/./);
      await publish(log, topic, 0, range(3));
      expect(await (await connect()).identity(topic)).toBe(identity);
      const other = `${topic}.other`;
      await log.create([other], PARTITIONS);
      expect(await log.identity(other)).not.toBe(identity);
      await expect(log.identity(`${topic}.gone`)).rejects.toMatchObject({ code: 'eventlog.topic-missing' });
    });

    it('G69 publishes nothing to a topic that is not the one it is meant for', async () => {
      const { log, topic } = await withTopic();
      const writer = await log.writer();
      await writer.publish(topic, new Map([[0, [record('a')]]]), await log.identity(topic));
      await expect(
        writer.publish(topic, new Map([[0, [record('b')]]]), 'the one before it'),
      ).rejects.toMatchObject({ code: 'eventlog.topic-replaced', retryable: true });
      await writer.close();
      expect((await readAll(log, topic)).get(0)?.map(({ key }) => key)).toEqual(['a']);
    });

    it('names every topic that is missing or has another number of partitions', async () => {
      const { log, topic } = await withTopic();
      await log.check([topic], PARTITIONS);
      await log.create([topic], PARTITIONS + 1); // never alters a topic that is there
      await log.check([topic], PARTITIONS);
      const other = `${topic}.other`;
      await log.create([other], 2);
      await expect(log.check([topic, other], PARTITIONS)).rejects.toMatchObject({
        code: 'eventlog.topic-drifted',
        message: expect.stringContaining(other),
      });
      await expect(log.check([`${topic}.gone`, other], PARTITIONS)).rejects.toMatchObject({
        code: 'eventlog.topic-missing',
        message: expect.stringMatching(/\.gone.*other has 2/),
      });
    });

    it('describes the topics that are there', async () => {
      const { log, topic } = await withTopic();
      const found = await log.describe([topic, `${topic}.gone`]);
      expect([...found.keys()]).toEqual([topic]);
      expect(found.get(topic)).toMatchObject({ partitions: PARTITIONS, faults: [] });
    });

    it('refuses a record that no log takes, and takes any number of those that fit', async () => {
      const { log, topic } = await withTopic();
      const writer = await log.writer();
      const large = record('large', { value: Buffer.alloc(MAX_RECORD_BYTES) });
      await expect(writer.publish(topic, new Map([[0, [large]]]))).rejects.toMatchObject({
        code: 'eventlog.record-too-large',
        retryable: false,
      });
      const fitting = range(5).map((key) => record(key, { value: Buffer.alloc(MAX_RECORD_BYTES * 0.6) }));
      expect(await writer.publish(topic, new Map([[0, fitting]]))).toEqual(new Map([[0, 0n]]));
      await writer.close();
      expect((await readAll(log, topic)).get(0)?.map(({ key }) => key)).toEqual(range(5));
    });

    it('publishes one thing at a time, and not through a writer that has failed', async () => {
      const { log, topic } = await withTopic();
      const writer = await log.writer();
      const first = writer.publish(topic, new Map([[0, [record('a')]]]));
      await expect(writer.publish(topic, new Map([[0, [record('b')]]]))).rejects.toThrow(
        'one thing at a time',
      );
      await first;
      await expect(writer.publish(`${topic}.gone`, new Map([[0, [record('c')]]]))).rejects.toMatchObject({
        name: 'PlatformError',
      });
      await expect(writer.publish(topic, new Map([[0, [record('d')]]]))).rejects.toMatchObject({
        code: 'eventlog.writer-failed',
      });
      await writer.close();
      expect((await readAll(log, topic)).get(0)?.map(({ key }) => key)).toEqual(['a']);
    });

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
          for (let partition = 0; partition < PARTITIONS; partition += 1)
            await publish(log, topic, partition, [String(sent)]);
          sent += 1;
          return one.partitionsSince(sent - 5).size > 0 && two.partitionsSince(sent - 5).size > 0;
        },
        { describe: 'both members to have partitions' },
      );
      await first.stop();
      const before = one.total;
      for (let partition = 0; partition < PARTITIONS; partition += 1)
        await publish(log, topic, partition, ['last']);
      await waitFor(
        () => [...both.values()].filter((next) => next === BigInt(sent + 1)).length === PARTITIONS,
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

/** What a subscription was given, by partition, and where it reads on. */
export class Seen {
  begun = 0;
  total = 0;
  readonly #keys = new Map<string, string[]>();
  readonly #positions: Map<string, bigint>;

  constructor(positions: Readonly<Record<string, bigint>> = {}) {
    this.#positions = new Map(Object.entries(positions));
  }

  handler(before?: (batch: RecordBatch) => unknown, positions = this.#positions): SubscriptionHandler {
    return {
      position: (topic, partition) => Promise.resolve(positions.get(`${topic}/${partition}`) ?? 0n),
      handle: async (batch) => {
        this.begun += 1;
        await before?.(batch);
        const name = `${batch.topic}/${batch.partition}`;
        const next = positions.get(name) ?? 0n;
        const fresh = batch.records.filter(({ offset }) => offset >= next);
        this.total += fresh.length;
        this.#keys.set(name, [...(this.#keys.get(name) ?? []), ...fresh.map(({ key }) => key)]);
        const last = batch.records.at(-1);
        if (last && last.offset >= next) positions.set(name, last.offset + 1n);
      },
    };
  }

  of(topic: string, partition: number): readonly string[] {
    return this.#keys.get(`${topic}/${partition}`) ?? [];
  }

  partitionsSince(sent: number): ReadonlySet<string> {
    return new Set(
      [...this.#keys].filter(([, seen]) => seen.some((key) => Number(key) >= sent)).map(([name]) => name),
    );
  }
}

export function record(key: string, changes: Partial<LogRecord> = {}): LogRecord {
  return {
    key,
    headers: { ce_id: randomUUID(), ce_subject: `test/${key}`, 'content-type': 'application/json' },
    value: Buffer.from(JSON.stringify({ key })),
    timestampMs: 1_763_000_000_000,
    ...changes,
  };
}

export async function publish(
  log: Log,
  topic: string,
  partition: number,
  ofKeys: readonly string[],
): Promise<void> {
  const writer = await log.writer();
  await writer.publish(topic, new Map([[partition, ofKeys.map((key) => record(key))]]));
  await writer.close();
}

/** Everything that a topic holds now, by partition. */
export async function readAll(
  log: Log,
  topic: string,
): Promise<ReadonlyMap<number, readonly ReceivedRecord[]>> {
  const ends = await log.ends(topic);
  const read = new Map<number, ReceivedRecord[]>();
  await log.read(
    ends.map(({ begin, end }, partition) => ({ topic, partition, from: begin, to: end })),
    ({ partition, records }) => {
      read.set(partition, [...(read.get(partition) ?? []), ...records]);
      return Promise.resolve();
    },
  );
  return read;
}

export function range(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

function keys(batch: RecordBatch): readonly string[] {
  return batch.records.map(({ key }) => key);
}
