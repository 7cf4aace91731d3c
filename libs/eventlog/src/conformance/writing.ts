import { describe, expect, it } from '@jest/globals';
import type { DomainEvent } from '@samspill/kernel';
import { fromRecord } from '../codec.js';
import { MAX_EVENT_BYTES, type Unit } from '../unit.js';
import { company, companies, scenes, storedEvent, type Scene } from './scene.js';
import { account, context, givenBack, moved, taken, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** G1–G5: what an append promises. */
export function describeWriting(make: MakeWorld): void {
  describe('writing', () => {
    const scene = scenes(make);

    it('G1 writes all events of an append with their reservations, or none of them', async () => {
      const bank = await (await scene()).bank();
      await bank.append(company, 'toy.ledger', 'known', moved('known', 1, 'a'));
      const [fresh, stale] = [`toy.holder/${company}/fresh`, `toy.ledger/${company}/known`];
      const change = {
        kind: 'take',
        scope: 'code',
        name: 'X',
        owner: fresh,
        time: new Date().toISOString(),
      } as const;
      const append = bank.eventStore.append(
        [
          { stream: fresh, expectedVersion: 0, events: [storedEvent(fresh, 1, taken('X'))] },
          { stream: stale, expectedVersion: 0, events: [storedEvent(stale, 1, moved('known', 2, 'b'))] },
        ],
        { reservations: [change] },
      );
      await expect(append).rejects.toMatchObject({ name: 'ConcurrencyError', code: 'eventlog.concurrency' });
      expect(await bank.eventStore.heads([fresh])).toEqual(new Map());
      expect(await bank.eventStore.read(stale)).toHaveLength(1);
      // The name is still free, so that somebody else can have it.
      await bank.append(company, 'toy.holder', 'other', taken('X'));
    });

    it('G2 lets one of several appends that expect the same version through, and refuses the others', async () => {
      const opened = await scene();
      const [one, two] = [await opened.bank(), await opened.bank()];
      const stream = `toy.ledger/${company}/1`;
      for (let version = 1; version <= 5; version += 1) {
        const outcomes = await Promise.allSettled(
          [one, two, one, two, one, two].map((process, writer) =>
            process.eventStore.append([
              {
                stream,
                expectedVersion: version - 1,
                events: [storedEvent(stream, version, moved('1', 1, `${version}/${writer}`))],
              },
            ]),
          ),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected')
            expect(outcome.reason).toMatchObject({ code: 'eventlog.concurrency' });
        }
      }
      expect((await one.eventStore.read(stream)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
    });

    it('G2 decides again on what the winner wrote, so that no change is lost', async () => {
      const opened = await scene();
      const [one, two] = [await opened.bank(), await opened.bank()];
      const writers = [one, two].map(async (process, writer) => {
        for (let turn = 0; turn < 10; turn += 1) {
          await process.append(company, 'toy.ledger', '1', moved('1', 1, `${writer}/${turn}`));
        }
      });
      await Promise.all(writers);
      const versions = (await one.eventStore.read(`toy.ledger/${company}/1`)).map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      await one.settled([company]);
      expect(await opened.rows('toy.balance')).toMatchObject([{ total: 20, moves: 20 }]);
    });

    it('G3 gives a name to one stream at a time, also of two that ask for it at once', async () => {
      const opened = await scene();
      const [bank, other] = [await opened.bank(), await opened.bank()];
      const outcomes = await Promise.allSettled(
        companies.map((each, index) =>
          (index % 2 === 0 ? bank : other).append(each, 'toy.holder', 'a', taken('X')),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ code: 'eventlog.reservation-taken' });
      }
      const winner = companies[outcomes.findIndex(({ status }) => status === 'fulfilled')] ?? '';
      const loser = companies.find((each) => each !== winner) ?? '';
      expect(await opened.bankDatabase.holders('code')).toEqual(new Map([['X', `toy.holder/${winner}/a`]]));
      // Asking again for what one has is no fault; what is given back is free, for whoever appends after that.
      await bank.append(winner, 'toy.holder', 'a', taken('X'));
      await bank.append(loser, 'toy.holder', 'b', givenBack('X'));
      expect((await opened.bankDatabase.holders('code')).get('X')).toBe(`toy.holder/${winner}/a`);
      await bank.append(winner, 'toy.holder', 'a', givenBack('X'));
      await bank.append(loser, 'toy.holder', 'b', taken('X'));
      expect((await opened.bankDatabase.holders('code')).get('X')).toBe(`toy.holder/${loser}/b`);
    });

    it('G4 refuses what could not be published or read, before anything is written', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const refused = async (event: DomainEvent, name = '1'): Promise<unknown> => {
        const work = (unit: Unit): Promise<void> => {
          const target = { stream: `toy.account/${company}/${name}`, key: company };
          unit.append(target, 0, [account('1', 'fits'), event]);
          return Promise.resolve();
        };
        return await bank.eventLog.transact(context(), work).catch((error: unknown) => error);
      };
      const tooLarge = account('1', 'x'.repeat(MAX_EVENT_BYTES));
      expect(await refused(tooLarge)).toMatchObject({ code: 'eventlog.event-too-large', retryable: false });
      expect(await refused(account('1', 'A'), 'x'.repeat(2_000))).toMatchObject({
        code: 'eventlog.name-unusable',
      });
      expect(await refused(account('1', 'A'), 'a\u0000b')).toMatchObject({ code: 'eventlog.name-unusable' });
      expect(await refused({ type: 'toy.account.changed', data: { number: 1 } })).toBeInstanceOf(TypeError);
      expect(await refused({ type: 'toy.account.unheard-of', data: {} })).toBeInstanceOf(TypeError);
      expect(await bank.eventStore.read(`toy.account/${company}/1`)).toEqual([]);
      expect((await bank.eventLog.backlog()).count).toBe(0);
    });

    it('G4 publishes the largest event that it takes', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const room = MAX_EVENT_BYTES - JSON.stringify(account('1', '').data).length;
      await bank.append(company, 'toy.account', '1', account('1', 'å'.repeat(Math.floor(room / 2))));
      await bank.append(company, 'toy.account', '1', account('1', 'small again'));
      await bank.settled([company]);
      expect(await opened.rows('toy.account')).toMatchObject([{ name: 'small again' }]);
    });

    it('G5 keeps ids, times, names and bytes on the log just as they are in the store', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await writeOddEvents(bank);
      await bank.settled([company]);
      await sameInStoreAndOnLog(opened, bank);
      const [record] = await opened.records();
      expect(record?.headers).toMatchObject({
        ce_specversion: '1.0',
        ce_source: 'toy-bank',
        'content-type': 'application/json',
        ce_dataschema: 'urn:samspill:schema:toy.account.changed:2',
      });
    });
  });
}

async function writeOddEvents(bank: ToyProcess): Promise<void> {
  const traced = { ...context(new Date('2026-03-29T01:59:59.999Z')), traceparent: '00-ab-cd-01' };
  const stream = `toy.account/${company}/Å%2F7 €𝄞`;
  await bank.eventLog.transact(traced, (unit) => {
    unit.append({ stream, key: company }, 0, [
      account('Å/7', '\t"Łódź" \\ \u2028 \u0001 🧾', { openedAt: '2026-01-01T00:00:00+01:00' }),
      account('Å/7', 'half \ud800 a pair and \u0000'),
    ]);
    return Promise.resolve();
  });
}

async function sameInStoreAndOnLog(opened: Scene, bank: ToyProcess): Promise<void> {
  const records = await opened.records();
  expect(records).not.toHaveLength(0);
  for (const record of records) {
    const onLog = fromRecord(record);
    const [inStore] = await bank.eventStore.read(onLog.stream, onLog.version, 1);
    expect(onLog).toEqual(inStore);
    expect(record.timestampMs).toBe(Date.parse(onLog.time));
  }
}
