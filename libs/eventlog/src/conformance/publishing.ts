import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { Log, ReceivedRecord } from '../log.js';
import { overriding } from './overriding.js';
import { companies, company, otherCompany, scenes } from './scene.js';
import { account, moved } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** G6–G9: how events get from the store to the log. */
export function describePublishing(make: MakeWorld): void {
  describe('publishing', () => {
    const scene = scenes(make);

    it('G6 puts a company’s events into one partition, in the order in which they were appended', async () => {
      const opened = await scene();
      const processes = [await opened.bank(), await opened.bank()];
      for (let turn = 0; turn < 20; turn += 1) {
        for (const [index, each] of companies.entries()) {
          const process = processes[(turn + index) % 2];
          await process?.append(
            each,
            'toy.ledger',
            String(turn % 3),
            moved(String(turn % 3), turn, String(turn)),
          );
        }
      }
      const [bank] = processes;
      if (bank) await opened.published(bank);
      const records = await opened.records();
      for (const each of companies) {
        const amounts = records.filter(({ key }) => key === each).map(amountOf);
        expect(amounts).toEqual(Array.from({ length: 20 }, (_, turn) => turn));
      }
      expect(new Set(records.map(idOf)).size).toBe(records.length);
    });

    it('G7 publishes a transaction that ends after one that began later', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const letPass = await opened.bankDatabase.holdBack(`toy.account/${company}/slow`);
      const slow = bank.append(company, 'toy.account', 'slow', account('slow', 'slow'));
      for (let turn = 0; turn < 10; turn += 1) {
        await bank.append(company, 'toy.account', 'quick', account('quick', String(turn)));
      }
      await waitFor(async () => (await opened.rows('toy.account')).length === 1, {
        describe: 'what is quick',
      });
      await opened.published(bank);
      await letPass();
      await slow;
      await bank.settled([company]);
      expect(await opened.rows('toy.account')).toMatchObject([
        { number: 'quick', name: '9' },
        { number: 'slow', name: 'slow' },
      ]);
    });

    it('G8 goes on after a failure between sending and acknowledging, and readers see each event once', async () => {
      const opened = await scene();
      const bank = await opened.bank({ log: failingAfterSend([2, 3, 6]) });
      for (let turn = 1; turn <= 10; turn += 1) {
        await bank.append(
          company,
          'toy.ledger',
          '1',
          moved('1', turn, String(turn)),
          moved('1', turn, `${turn}`),
        );
        if (turn % 3 === 0) await opened.published(bank);
      }
      await bank.settled([company]);
      const records = await opened.records();
      expect(firstVersions(records)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(await opened.rows('toy.balance')).toMatchObject([{ total: 110, moves: 20 }]);
    });

    it('G8 loses nothing when sending fails before anything has arrived', async () => {
      const opened = await scene();
      const bank = await opened.bank({ log: failingBeforeSend([1, 2, 4]) });
      for (let turn = 1; turn <= 6; turn += 1) {
        await bank.append(company, 'toy.ledger', '1', moved('1', turn, String(turn)));
        if (turn % 2 === 0) await opened.published(bank);
      }
      await bank.settled([company]);
      const records = await opened.records();
      expect(records.map(amountOf)).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('G9 has one publisher for each partition, and another takes over when it leaves', async () => {
      const opened = await scene();
      const first = await opened.bank();
      const second = await opened.bank();
      await first.append(company, 'toy.ledger', '1', moved('1', 1, 'by the first'));
      await second.append(otherCompany, 'toy.ledger', '1', moved('1', 1, 'by the second'));
      await opened.published(second);
      await opened.stop(first);
      await second.append(company, 'toy.ledger', '1', moved('1', 2, 'after the first'));
      await second.settled([company, otherCompany]);
      const records = await opened.records();
      expect(records).toHaveLength(3);
      expect(new Set(records.map(idOf)).size).toBe(3);
    });

    it('G9 repeats but never loses or reorders what a publisher still sends that has lost its shards', async () => {
      const opened = await scene();
      // The first publisher's sends are held until another has taken over and published the same events.
      const { promise: takenOver, resolve: takeOver } = Promise.withResolvers<undefined>();
      const stale = await opened.bank({ log: holdingSends(takenOver) });
      for (let turn = 1; turn <= 5; turn += 1) {
        await stale.append(company, 'toy.ledger', '1', moved('1', turn, String(turn)));
      }
      const other = await opened.bankConnected({
        eventStore: (store) =>
          overriding(store, {
            // As when the database has ended the first one's connection without its noticing.
            lease: () =>
              Promise.resolve({
                acquire: (shards) => Promise.resolve(new Set(shards)),
                release: () => Promise.resolve(),
              }),
          }),
      });
      other.eventLog.start();
      await other.ready();
      await opened.published(other);
      await other.append(company, 'toy.ledger', '1', moved('1', 6, '6'));
      await other.settled([company]);
      takeOver(undefined);
      await stale.append(company, 'toy.ledger', '1', moved('1', 7, '7'));
      await opened.published(stale);
      await opened.caughtUp(other);
      expect(firstVersions(await opened.records())).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(await opened.rows('toy.balance')).toMatchObject([{ total: 28, moves: 7 }]);
    });
  });
}

/** The log as a process sees it whose connection breaks after these sends (counting from 1), when all has arrived. */
function failingAfterSend(sends: readonly number[]): (log: Log) => Log {
  let sent = 0;
  return (log) =>
    overriding(log, {
      writer: async () => {
        const writer = await log.writer();
        return overriding(writer, {
          publish: async (topic, batches) => {
            const offsets = await writer.publish(topic, batches);
            sent += 1;
            if (sends.includes(sent)) throw new Error('the answer was lost');
            return offsets;
          },
        });
      },
    });
}

function failingBeforeSend(sends: readonly number[]): (log: Log) => Log {
  let sent = 0;
  return (log) =>
    overriding(log, {
      writer: async () => {
        const writer = await log.writer();
        return overriding(writer, {
          publish: async (topic, batches) => {
            sent += 1;
            if (sends.includes(sent)) throw new Error('nothing arrived');
            return await writer.publish(topic, batches);
          },
        });
      },
    });
}

function holdingSends(until: Promise<undefined>): (log: Log) => Log {
  return (log) =>
    overriding(log, {
      writer: async () => {
        const writer = await log.writer();
        return overriding(writer, {
          publish: async (topic, batches) => {
            await until;
            return await writer.publish(topic, batches);
          },
        });
      },
    });
}

function idOf({ headers }: ReceivedRecord): string {
  return headers['ce_id'] ?? '';
}

function amountOf({ value }: ReceivedRecord): unknown {
  const data: unknown = JSON.parse(value.toString());
  return typeof data === 'object' && data !== null && 'amount' in data ? data.amount : undefined;
}

/** Versions in the order in which each was first met. */
function firstVersions(records: readonly ReceivedRecord[]): readonly number[] {
  return [...new Set(records.map(({ headers }) => Number(headers['ce_streamversion'])))];
}
