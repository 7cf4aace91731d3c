import { describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../event-store.js';
import type { LogRecord } from '../log.js';
import { company, otherCompany, recordOf, scenes, storedEvent, type Scene } from './scene.js';
import { IMPOSSIBLE_AMOUNT } from './toy/balance.projection.js';
import { POISON } from './toy/account.projection.js';
import { account, moved, noted, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

const accountStream = (name: string, of = company): string => `toy.account/${of}/${name}`;
const ledger = (name: string, of = company): string => `toy.ledger/${of}/${name}`;

/** G15–G18, G20: events that cannot be applied. */
export function describeParking(make: MakeWorld): void {
  describe('events that cannot be applied', () => {
    const scene = scenes(make);

    it('G15 are set aside with their reason, and everything else goes on', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const events = [
        storedEvent(accountStream('1'), 1, account('1', 'A')),
        storedEvent(accountStream('bad'), 1, account('bad', POISON)),
        storedEvent(accountStream('torn'), 1, account('torn', ''), { value: Buffer.from([0, 255, 123]) }),
        storedEvent(accountStream('wrong'), 1, { type: 'toy.account.changed', data: { number: 7 } }),
        storedEvent(ledger('bad'), 1, moved('bad', IMPOSSIBLE_AMOUNT, 'x')),
        storedEvent(ledger('1'), 1, moved('1', 5, 'x')),
        storedEvent(accountStream('2'), 1, account('2', 'B')),
      ];
      await opened.publish(opened.topic, ...events.map(recordOf));
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ number: '1' }, { number: '2' }]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ account: '1', total: 5 }]);
        expect(await opened.parked(bank, 'toy.account')).toEqual([
          `${accountStream('bad')}@1: this account cannot be projected`,
          expect.stringMatching(/torn@1: .*JSON/),
          expect.stringMatching(/wrong@1: .*does not fit its schema.*number/),
        ]);
        expect(await opened.parked(bank, 'toy.balance')).toEqual([`${ledger('bad')}@1: 666 cannot be moved`]);
      });
      await bank.append(otherCompany, 'toy.account', '3', account('3', 'C'));
      await bank.settled([otherCompany]);
      expect(await opened.rows('toy.account')).toHaveLength(3);
    });

    it('G16 hold back later steps of their stream, and are superseded by a later state', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const states = [account('1', 'A'), account('1', POISON), account('1', POISON), noted('of no row')];
      const steps = [moved('1', 5, 'a'), moved('1', IMPOSSIBLE_AMOUNT, 'b'), moved('1', 7, 'c')];
      const stored = (stream: string, events: readonly { type: string; data: unknown }[]): StoredEvent[] =>
        events.map((event, index) => storedEvent(stream, index + 1, event));
      await opened.publish(opened.topic, ...stored(accountStream('1'), states).map(recordOf));
      await opened.publish(opened.topic, ...stored(ledger('1'), steps).map(recordOf));
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'A' }]);
        expect(await opened.parked(bank, 'toy.account')).toHaveLength(2);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5, refs: ['a'] }]);
        expect(await opened.parked(bank, 'toy.balance')).toEqual([
          `${ledger('1')}@2: 666 cannot be moved`,
          `${ledger('1')}@3: an earlier event of this stream is parked`,
        ]);
      });
      await opened.publish(opened.topic, recordOf(storedEvent(accountStream('1'), 5, account('1', 'B'))));
      await opened.publish(opened.topic, recordOf(storedEvent(ledger('1'), 4, moved('1', 8, 'd'))));
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'B' }]);
        expect(await opened.parked(bank, 'toy.account')).toEqual([]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5 }]);
        expect(await opened.parked(bank, 'toy.balance')).toHaveLength(3);
      });
    });

    it('G16 are those of their stream too that are no proper events but say which one they are', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const improper = (stream: string, version: number, name: string, value: string): LogRecord => {
        const record = recordOf(storedEvent(stream, version, account('1', 'B')));
        return { ...record, headers: { ...record.headers, [name]: value } };
      };
      const steps = ledger('1');
      const stepOf = recordOf(storedEvent(steps, 2, moved('1', 7, 'b')));
      await opened.publish(
        opened.topic,
        recordOf(storedEvent(accountStream('1'), 1, account('1', 'A'))),
        improper(accountStream('1'), 2, 'ce_id', 'not a UUID'),
        improper(accountStream('1'), 3, 'ce_time', 'yesterday \u0000'),
        improper(accountStream('2'), 1, 'ce_actor', 'nobody'),
        recordOf(storedEvent(steps, 1, moved('1', 5, 'a'))),
        { ...stepOf, headers: { ...stepOf.headers, ce_correlationid: '' } },
        recordOf(storedEvent(steps, 3, moved('1', 8, 'c'))),
        improper('toy.of-nobody/1', 1, 'ce_type', 'toy.of-nobody.changed'),
      );
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ number: '1', name: 'A' }]);
        expect(await opened.parked(bank, 'toy.account')).toEqual([
          `${accountStream('1')}@2: not an event: ce_id is not a UUID in lower case`,
          expect.stringMatching(/\/1@3: not an event: ce_time holds a NUL character/),
          `${accountStream('2')}@1: not an event: ce_actor is not user:…, agent:… or service:…`,
        ]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5, refs: ['a'] }]);
        expect(await opened.parked(bank, 'toy.balance')).toEqual([
          `${steps}@2: not an event: ce_correlationid is missing`,
          `${steps}@3: an earlier event of this stream is parked`,
        ]);
      });
      await opened.publish(
        opened.topic,
        recordOf(storedEvent(accountStream('1'), 4, account('1', 'D'))),
        recordOf(storedEvent(accountStream('2'), 2, account('2', 'E'))),
      );
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'D' }, { name: 'E' }]);
        expect(await opened.parked(bank, 'toy.account')).toEqual([]);
      });
    });

    it('G17 leave the same rows and the same events set aside however the log was cut into batches', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const names = ['A', POISON, 'B', POISON, POISON, 'C', POISON];
      const amounts = [1, 2, IMPOSSIBLE_AMOUNT, 3];
      const events = (of: string): StoredEvent[] => [
        ...names.map((name, index) => storedEvent(accountStream('1', of), index + 1, account('1', name))),
        ...amounts.map((amount, index) => storedEvent(ledger('1', of), index + 1, moved('1', amount, 'x'))),
      ];
      // Cut after each record, and not at all.
      for (const event of events(company)) {
        await opened.publish(opened.topic, recordOf(event));
        await opened.caughtUp(bank);
      }
      await opened.stop(bank);
      await opened.publish(opened.topic, ...events(otherCompany).map(recordOf));
      const again = await opened.bank();
      await liveAndRebuilt(opened, again, async () => {
        const accounts = await opened.rows('toy.account');
        expect(accounts).toMatchObject([{ name: 'C' }, { name: 'C' }]);
        const parked = [
          ...(await opened.parked(again, 'toy.account')),
          ...(await opened.parked(again, 'toy.balance')),
        ];
        expect(parked.filter((line) => line.includes(company)).map(withoutCompany)).toEqual(
          parked.filter((line) => line.includes(otherCompany)).map(withoutCompany),
        );
        expect(parked).toHaveLength(6);
      });
    });

    it('G18 skips unknown types, lifts old versions, and sets unknown versions and what is no event aside', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const old = { type: 'toy.account.changed', data: { number: '1', name: 'A' } };
      const rubbish = { key: 'x', headers: { ce_subject: 'a' }, value: Buffer.from([0]), timestampMs: 0 };
      const unknown = storedEvent(accountStream('4'), 1, { type: 'toy.account.unheard-of', data: {} });
      await opened.publish(
        opened.topic,
        recordOf(storedEvent(accountStream('1'), 1, old, { schemaVersion: 1 })),
        recordOf(storedEvent(accountStream('2'), 1, account('2', 'B'), { schemaVersion: 99 })),
        recordOf(unknown),
        rubbish,
        { ...recordOf(unknown), headers: {} },
        recordOf(storedEvent(accountStream('5'), 3_000_000_000, account('5', 'E'))),
        recordOf(storedEvent(accountStream('3'), 1, account('3', 'C'))),
      );
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([
          { number: '1', name: 'A', town: 'unknown' },
          { number: '3', name: 'C' },
        ]);
        const parked = await opened.parked(bank, 'toy.account');
        expect(parked.filter((line) => line.includes('not an event'))).toHaveLength(3);
        expect(parked).toContain(`${accountStream('2')}@1: unknown version 99 of toy.account.changed`);
        expect(parked).toHaveLength(4);
      });
    });

    it('G20 are those too whose values no table takes, and a rebuild finds the same', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const impossible = [
        account('1', 'a NUL \u0000'),
        account('2', 'A', { openedAt: '2026-02-30T00:00:00Z' }),
        account('3', 'A', { openedAt: 'yesterday' }),
        account('4', 'A', { remark: 'a NUL \u0000' }),
      ];
      for (const [index, event] of impossible.entries()) {
        await opened.publish(opened.topic, recordOf(storedEvent(accountStream(String(index + 1)), 1, event)));
      }
      const possible = [
        account('5', 'half \ud800 a pair', { openedAt: '2026-03-01T00:00:00.123456+02:00' }),
        account(
          '6',
          String.raw`\u0000 spelt out, \N, \., a tab	and a
line`,
        ),
      ];
      await opened.publish(
        opened.topic,
        ...possible.map((event, index) => recordOf(storedEvent(accountStream(String(index + 5)), 1, event))),
      );
      await liveAndRebuilt(opened, bank, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([
          { number: '5', name: 'half \ufffd a pair', opened_at: '2026-02-28T22:00:00.123Z' },
          { number: '6', whole: possible[1]?.data },
        ]);
        expect(await opened.parked(bank, 'toy.account')).toHaveLength(4);
      });
    });
  });
}

/** Checks what batches have made, then what a rebuild makes of the same log. */
async function liveAndRebuilt(opened: Scene, bank: ToyProcess, check: () => Promise<void>): Promise<void> {
  await opened.caughtUp(bank);
  await check();
  const before = await Promise.all([
    bank.eventLog.fingerprint('toy.account'),
    bank.eventLog.fingerprint('toy.balance'),
  ]);
  await bank.eventLog.rebuild('toy.account');
  await bank.eventLog.rebuild('toy.balance');
  await check();
  expect(
    await Promise.all([bank.eventLog.fingerprint('toy.account'), bank.eventLog.fingerprint('toy.balance')]),
  ).toEqual(before);
}

function withoutCompany(line: string): string {
  return line.replaceAll(company, '').replaceAll(otherCompany, '');
}
