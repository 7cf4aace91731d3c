import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { DomainEvent } from '@samspill/kernel';
import type { LogRecord } from '../log.js';
import { companies, company, recordOf, scenes, storedEvent, type Scene } from './scene.js';
import { account, context, givenBack, moved, taken, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** G10–G12: what the log has holds, whatever a store says. */
export function describeLogDecides(make: MakeWorld): void {
  describe('the log decides', () => {
    const scene = scenes(make);

    it('G10 keeps a restored store closed until it has taken in what the log has and it lacks', async () => {
      const opened = await scene();
      const before = await opened.bank();
      await write(before, 'before the backup', 3);
      await before.settled(companies);
      await opened.stop(before);
      const restored = await opened.bankDatabase.copy();
      const lost = await opened.bank();
      await write(lost, 'after the backup', 4);
      await lost.settled(companies);
      const rows = await opened.rows('toy.balance');
      const events = await allEvents(lost);
      await opened.stop(lost);

      const after = await opened.bankConnected({}, restored);
      after.eventLog.start();
      await refusesVersionsThatTheLogHas(after);
      await after.ready();
      expect(await allEvents(after)).toEqual(events);
      await write(after, 'afterwards', 1);
      await after.settled(companies);
      await opened.caughtUp(after);
      const rowsAfter = await opened.rows('toy.balance', restored);
      expect(rowsAfter).toMatchObject(rows.map(() => ({ moves: 8 })));
      expect(await versionsOnLog(opened)).toEqual(companies.map(() => [1, 2, 3, 4, 5, 6, 7, 8]));
    });

    it('G10 fills an empty store from the log, with the names that are taken', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await write(bank, 'something', 3);
      await passCodesAround(bank);
      await bank.settled(companies);
      const events = await allEvents(bank);
      const holders = await opened.bankDatabase.holders('code');
      await opened.stop(bank);

      const empty = await opened.world.database();
      const after = await opened.bank({}, empty);
      expect(await allEvents(after)).toEqual(events);
      expect(await empty.holders('code')).toEqual(holders);
      expect(holders.size).toBe(2);
      expect((await after.eventLog.backlog()).count).toBe(0);
      await opened.caughtUp(after);
      expect(await opened.rows('toy.balance', empty)).toEqual(await opened.rows('toy.balance'));
      for (const [name, holder] of holders) {
        const other = companies.find((each) => !holder.includes(each)) ?? '';
        await expect(after.append(other, 'toy.holder', 'late', taken(name))).rejects.toMatchObject({
          code: 'eventlog.reservation-taken',
        });
      }
    });

    it('G10 looks past what is no event at the end of the log', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await opened.published(bank);
      await opened.stop(bank);
      const rubbish: LogRecord = {
        key: company,
        headers: {},
        value: Buffer.from('?'),
        timestampMs: Date.now(),
      };
      await opened.publish(opened.topic, ...Array.from({ length: 40 }, () => rubbish));
      const after = await opened.bank();
      await after.append(company, 'toy.account', '1', account('1', 'B'));
      await after.settled([company]);
      expect(await opened.rows('toy.account')).toMatchObject([{ name: 'B' }]);
    });

    it('G11 writes nothing, and says which event it is, where store and log hold different ones', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await opened.published(bank);
      await opened.stop(bank);
      const fork = await opened.bankConnected();
      fork.eventStore.permitAppends(await fork.eventStore.incarnation());
      const stream = `toy.account/${company}/1`;
      await fork.eventStore.append([
        { stream, expectedVersion: 1, events: [storedEvent(stream, 2, account('1', 'in the store'))] },
      ]);
      fork.eventStore.permitAppends(undefined);
      await opened.publish(opened.topic, recordOf(storedEvent(stream, 2, account('1', 'on the log'))));

      fork.eventLog.start();
      await waitFor(
        () => {
          const { gate, relay } = fork.eventLog.status();
          return gate.state === 'closed' && gate.code === 'eventlog.fork' && relay.state === 'failing';
        },
        { describe: 'the fork to be seen' },
      );
      const { gate, relay } = fork.eventLog.status();
      for (const told of [gate, relay]) {
        expect(told).toMatchObject({ reason: expect.stringContaining(`${stream} version 2`) });
      }
      await expect(fork.append(company, 'toy.account', '2', account('2', 'B'))).rejects.toMatchObject({
        code: 'eventlog.store-unverified',
      });
      expect(await opened.records()).toHaveLength(2);
    });

    it('G12 fills topics made anew from the store: same keys, partitions, times, bytes and order', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await write(bank, 'something', 5);
      await bank.settled(companies);
      const records = await opened.records();
      await opened.stop(bank);
      await opened.world.recreateTopics();
      const after = await opened.bankConnected();
      after.eventLog.start();
      await waitFor(() => after.eventLog.status().gate.state === 'open', { describe: 'writing to be open' });
      await write(after, 'more', 1);
      await opened.published(after);
      const again = await opened.records();
      const place = ({ key, headers, value, timestampMs }: LogRecord): object => {
        const { ce_logid: _nameOfTheLog, ...event } = headers;
        return { key, event, value, timestampMs };
      };
      for (const each of companies) {
        const of = (all: readonly LogRecord[]): object[] => all.filter(({ key }) => key === each).map(place);
        expect(of(again).slice(0, 5)).toEqual(of(records));
        expect(of(again)).toHaveLength(6);
      }
    });
  });
}

async function write(process: ToyProcess, why: string, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) {
    for (const each of companies)
      await process.append(each, 'toy.ledger', '1', moved('1', 1, `${why} ${turn}`));
  }
}

/** Two codes go through all companies, whose partitions differ, in opposite orders. */
async function passCodesAround(bank: ToyProcess): Promise<void> {
  let now = Date.now() - 60_000;
  const append = async (each: string, event: DomainEvent): Promise<void> => {
    now += 1_000;
    const stream = `toy.holder/${each}/a`;
    await bank.eventLog.transact(context(new Date(now)), async (unit) => {
      unit.append({ stream, key: each }, (await unit.load(stream)).length, [event]);
    });
  };
  for (const [code, order] of [
    ['X', companies],
    ['Y', companies.toReversed()],
  ] as const) {
    for (const [index, each] of order.entries()) {
      const before = order[index - 1];
      if (before !== undefined) await append(before, givenBack(code));
      await append(each, taken(code));
    }
  }
}

/** Until the gate opens, no append may use a version that the log has. */
async function refusesVersionsThatTheLogHas(process: ToyProcess): Promise<void> {
  const stream = `toy.ledger/${company}/1`;
  const outcome = await process.eventStore
    .append([{ stream, expectedVersion: 3, events: [storedEvent(stream, 4, moved('1', 1, 'another'))] }])
    .catch((error: unknown) => error);
  expect(outcome).toMatchObject({
    code: expect.stringMatching(/^eventlog\.(?:store-unverified|concurrency)$/),
  });
}

async function allEvents(process: ToyProcess): Promise<readonly string[]> {
  const streams = companies.flatMap((each) => [`toy.ledger/${each}/1`, `toy.holder/${each}/a`]);
  const events = await Promise.all(streams.map((stream) => process.eventStore.read(stream)));
  return events.flat().map(({ value, ...known }) => `${JSON.stringify(known)} ${value.toString()}`);
}

async function versionsOnLog(opened: Scene): Promise<readonly (readonly number[])[]> {
  const records = await opened.records();
  return companies.map((each) =>
    records.filter(({ key }) => key === each).map(({ headers }) => Number(headers['ce_streamversion'])),
  );
}
