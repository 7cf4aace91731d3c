import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { Log } from '../log.js';
import { decodedWhole } from '../received-record.js';
import { MAX_RECORD_BYTES } from '../record-size.js';
import { keys, LOG_PARTITIONS, publish, range, readAll, record, type LogsOfTest } from './logs-of-test.js';
import { describeSubscriptions } from './log-subscriptions.js';

export interface LogUnderTest {
  /** A client of its own, as another process would have it. */
  connect(): Promise<Log>;
}

/** What every log keeps to, whatever it stands on. */
export function describeLog(name: string, logUnderTest: LogUnderTest): void {
  describe(`${name}: a log`, () => {
    const logs = logsOf(logUnderTest);
    describeRecordsAndTopics(logs);
    describeSubscriptions(logs);
  });
}

function logsOf(logUnderTest: LogUnderTest): LogsOfTest {
  const open: Log[] = [];
  const connect = async (): Promise<Log> => {
    const log = await logUnderTest.connect();
    open.push(log);
    return log;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()));
  });
  return {
    connect,
    withTopic: async () => {
      const log = await connect();
      const topic = `test.${randomUUID()}`;
      await log.create([topic], LOG_PARTITIONS);
      return { log, topic };
    },
  };
}

function describeRecordsAndTopics({ connect, withTopic }: LogsOfTest): void {
  describe('records and topics', () => {
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

    it('reads every range of a partition, however far apart they are', async () => {
      const { log, topic } = await withTopic();
      const later = 20;
      await publish(log, topic, 1, range(later));
      await publish(
        log,
        topic,
        1,
        range(later).map((key) => `${key}'`),
      );
      const seen: string[] = [];
      const wanted = [
        [1n, 3n],
        [7n, 8n],
        [19n, 21n],
        [39n, 40n],
      ] as const;
      await log.read(
        wanted.map(([from, to]) => ({ topic, partition: 1, from, to })),
        (batch) => {
          seen.push(...keys(batch));
          return Promise.resolve();
        },
      );
      expect(seen).toEqual(['1', '2', '7', '19', "0'", "19'"]);
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

    it('reads a range to its end where its records have been superseded since', async () => {
      const log = await connect();
      const topic = `test.${randomUUID()}`;
      await log.create([topic], LOG_PARTITIONS, 'compacted');
      await publish(log, topic, 0, ['a', 'b', 'c']);
      await publish(log, topic, 0, ['b', 'c']);
      const seen: string[] = [];
      await log.read([{ topic, partition: 0, from: 0n, to: 3n }], (batch) => {
        seen.push(...keys(batch));
        return Promise.resolve();
      });
      // Kafka compacts when it has the time.
      expect(new Set(seen)).toContain('a');
      expect(seen.every((key) => ['a', 'b', 'c'].includes(key))).toBe(true);
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
        range(LOG_PARTITIONS).map(() => ({ begin: 0n, end: 0n, identity: undefined })),
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

    it('tells of all that was published before it was asked, though somebody asks already', async () => {
      const { log, topic } = await withTopic();
      await publish(log, topic, 3, range(1));
      for (let end = 2n; end <= 6n; end += 1n) {
        const newcomer = await connect(); // whose first answer takes long, since it has to make itself known
        const asking = newcomer.ends(topic);
        await publish(log, topic, 3, range(1));
        expect((await newcomer.ends(topic))[3]).toMatchObject({ end });
        await asking;
      }
    });

    it('names a topic as it was made, whatever is in it', async () => {
      const { log, topic } = await withTopic();
      const identity = await log.identity(topic);
      expect(identity).toMatch(/.\/./);
      await publish(log, topic, 0, range(3));
      expect(await (await connect()).identity(topic)).toBe(identity);
      const other = `${topic}.other`;
      await log.create([other], LOG_PARTITIONS);
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
      await log.check([topic], LOG_PARTITIONS);
      await log.create([topic], LOG_PARTITIONS + 1); // never alters a topic that is there
      await log.check([topic], LOG_PARTITIONS);
      const other = `${topic}.other`;
      await log.create([other], 2);
      await expect(log.check([topic, other], LOG_PARTITIONS)).rejects.toMatchObject({
        code: 'eventlog.topic-drifted',
        message: expect.stringContaining(other),
      });
      await expect(log.check([`${topic}.gone`, other], LOG_PARTITIONS)).rejects.toMatchObject({
        code: 'eventlog.topic-missing',
        message: expect.stringMatching(/\.gone.*other has 2/),
      });
    });

    it('describes the topics that are there', async () => {
      const { log, topic } = await withTopic();
      const found = await log.describe([topic, `${topic}.gone`]);
      expect([...found.keys()]).toEqual([topic]);
      expect(found.get(topic)).toMatchObject({ partitions: LOG_PARTITIONS, faults: [] });
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
  });
}
