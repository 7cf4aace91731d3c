import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import type { StoredEvent } from '../event-store.js';
import type { ParkedSelection } from '../parked/parked-events.js';
import { writePlace } from '../parked/record-place.js';
import type { ProjectionStore } from '../projection-store.js';
import { granted } from './operating.js';
import { overriding } from './overriding.js';
import { company, recordOf, scenes, storedEvent, type Scene } from './scene.js';
import { POISON } from './toy/account.projection.js';
import { IMPOSSIBLE_AMOUNT } from './toy/balance.projection.js';
import { MENDED_AMOUNT, MENDED_NAME, mended } from './toy/mended-manifest.js';
import { account, context, moved, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

const accountStream = (name: string, of = company): string => `toy.account/${of}/${name}`;
const ledger = (name: string, of = company): string => `toy.ledger/${of}/${name}`;
const all: ParkedSelection = {};

/** G40–G43: what is done about events that cannot be applied. */
export function describeParkedEvents(make: MakeWorld): void {
  describe('events that were set aside', () => {
    const scene = scenes(make);

    it('G40 are listed page by page, and shown as they are on the log', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await poisoned(opened);
      await opened.caughtUp(bank);
      const first = granted(await bank.eventLog.parked.list(undefined, undefined, 2));
      const second = granted(await bank.eventLog.parked.list(undefined, first.next, 2));
      const rest = granted(await bank.eventLog.parked.list(undefined, second.next, 100));
      expect([first.parked.length, second.parked.length, rest.next]).toEqual([2, 2, undefined]);
      const listed = [...first.parked, ...second.parked, ...rest.parked];
      expect(listed.map(({ projection, entry }) => `${projection} ${entry.event.stream}`).sort()).toEqual([
        `toy.account ${accountStream('1')}`,
        `toy.account ${accountStream('2')}`,
        `toy.balance ${ledger('1')}`,
        `toy.balance ${ledger('1')}`,
        `toy.balance ${ledger('1')}`,
      ]);
      expect(new Set(listed.map(({ entry }) => writePlace(entry))).size).toBe(5);
      const one = placeOf(listed, accountStream('2'), 1);
      const [shown] = granted(await bank.eventLog.parked.show('toy.account', one));
      expect(JSON.parse(shown?.record.value.toString('utf8') ?? '')).toMatchObject({
        number: '2',
        name: POISON,
      });
      expect(shown?.record.headers['ce_subject']).toBe(accountStream('2'));
      const nowhere = { ...one, offset: 10_000n };
      expect(await bank.eventLog.parked.show(undefined, nowhere)).toMatchObject({
        code: 'parked.event-not-found',
      });
      expect(await bank.eventLog.parked.list('toy.nothing', undefined, 5)).toMatchObject({
        code: 'parked.projection-not-found',
      });
    });

    it('G41 are tried again with the code of today, in the order of their streams, as a rebuild would', async () => {
      const opened = await scene();
      const before = await opened.bank();
      await poisoned(opened);
      await opened.caughtUp(before);
      expect(granted(await before.eventLog.parked.retry(all))).toEqual({
        selected: 5,
        tried: 5,
        stillParked: 5,
      });
      expect(await opened.parked(before, 'toy.balance')).toEqual([
        `${ledger('1')}@2: ${IMPOSSIBLE_AMOUNT} cannot be moved`,
        `${ledger('1')}@3: an earlier event of this stream is parked`,
        `${ledger('1')}@4: an earlier event of this stream is parked`,
      ]);
      await opened.stop(before);

      const after = await opened.bankConnected({}, opened.bankDatabase, mended(opened.bankManifest));
      after.eventLog.start();
      await after.ready();
      const listed = granted(await after.eventLog.parked.list('toy.balance', undefined, 10)).parked;
      const last = { places: [placeOf(listed, ledger('1'), 4)] };
      expect(granted(await after.eventLog.parked.retry(last))).toEqual({
        selected: 1,
        tried: 3,
        stillParked: 0,
      });
      expect(granted(await after.eventLog.parked.retry(all))).toEqual({
        selected: 2,
        tried: 2,
        stillParked: 0,
      });
      await asRebuilt(opened, after, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([
          { name: MENDED_NAME },
          { name: MENDED_NAME },
        ]);
        expect(await opened.rows('toy.balance')).toMatchObject([
          { total: 5 + MENDED_AMOUNT + 7 + 8, refs: ['a', 'b', 'c', 'd'] },
        ]);
      });
      expect(await after.eventLog.parked.list(undefined, undefined, 5)).toEqual({ parked: [] });
    });

    it('G41 stay parked with the reason of now where they still cannot be applied', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const unreadable = storedEvent(accountStream('9'), 1, account('9', 'I'), { schemaVersion: 99 });
      const tooLong = account('1', 'A', { remark: incompressible() });
      const stored = [
        storedEvent(accountStream('1'), 1, account('1', 'before')),
        storedEvent(accountStream('1'), 2, account('1', POISON)),
        storedEvent(accountStream('1'), 3, tooLong),
        storedEvent(accountStream('2'), 1, account('2', POISON)),
        unreadable,
      ];
      await opened.publish(opened.topic, ...stored.map(recordOf));
      await opened.caughtUp(bank);
      await opened.stop(bank);
      const after = await opened.bankConnected({}, opened.bankDatabase, mended(opened.bankManifest));
      after.eventLog.start();
      await after.ready();
      const { stillParked } = granted(await after.eventLog.parked.retry(all));
      await asRebuilt(opened, after, async () => {
        const parked = await opened.parked(after, 'toy.account');
        expect(parked).toHaveLength(stillParked);
        expect(parked).toContain(`${accountStream('9')}@1: unknown version 99 of toy.account.changed`);
        expect(parked.filter((line) => line.includes(POISON))).toEqual([]);
      });
    });

    it('G42 are taken for not there once they are discarded, now and in every later rebuild', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      const poison = await poisoned(opened);
      await opened.caughtUp(bank);
      const listed = granted(await bank.eventLog.parked.list(undefined, undefined, 10)).parked;
      const places = [placeOf(listed, accountStream('1'), 2), placeOf(listed, ledger('1'), 2)];
      const discarded = await bank.eventLog.parked.discard({ places }, 'a test agent sent it', context());
      expect(granted(discarded)).toMatchObject({ selected: 2, stillParked: 0 });
      const check = async (process: ToyProcess): Promise<void> => {
        expect(await opened.rows('toy.account')).toMatchObject([{ number: '1', name: 'A' }]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5 + 7 + 8, refs: ['a', 'c', 'd'] }]);
        expect(await opened.parked(process, 'toy.account')).toEqual([
          `${accountStream('2')}@1: this account cannot be projected`,
        ]);
        expect(await opened.parked(process, 'toy.balance')).toEqual([]);
      };
      await asRebuilt(opened, bank, () => check(bank));
      // A repeat on the log changes nothing either, nor does code that could apply it.
      await opened.publish(opened.topic, ...poison.map(recordOf));
      await asRebuilt(opened, bank, () => check(bank));
      await opened.stop(bank);
      const after = await opened.bankConnected({}, opened.bankDatabase, mended(opened.bankManifest));
      after.eventLog.start();
      await after.ready();
      await opened.publish(opened.topic, ...poison.map(recordOf));
      await asRebuilt(opened, after, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'A' }, { name: MENDED_NAME }]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5 + 7 + 8 }]);
      });
    });

    it('G42 are discarded by an event of the service, so that a lost database does not bring them back', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await poisoned(opened);
      await opened.caughtUp(bank);
      granted(await bank.eventLog.parked.discard(all, 'all of it was a test', context()));
      await opened.published(bank);
      await opened.stop(bank);
      const elsewhere = await opened.world.database();
      const anew = await opened.bank({}, elsewhere);
      await opened.caughtUp(anew);
      expect(await opened.rows('toy.account', elsewhere)).toMatchObject([{ number: '1', name: 'A' }]);
      expect(await opened.rows('toy.balance', elsewhere)).toMatchObject([{ total: 5 }]);
      expect(await anew.eventLog.parked.list(undefined, undefined, 5)).toEqual({ parked: [] });
    });

    it('G43 are discarded or not when a process fails on the way, and others finish what was begun', async () => {
      const opened = await scene();
      const other = await opened.bank();
      const failing = await opened.bank({ projectionStore: failingOnParked });
      await poisoned(opened);
      await opened.caughtUp(other);
      const discard = failing.eventLog.parked.discard(all, 'for a test', context());
      await expect(discard).rejects.toThrow('the connection has broken');
      await waitFor(
        async () => (await other.eventLog.overview.projections()).every(({ parked }) => parked === 0),
        {
          describe: 'the discarded events to be gone',
        },
      );
      await asRebuilt(opened, other, async () => {
        expect(await opened.rows('toy.account')).toMatchObject([{ name: 'A' }]);
        expect(await opened.rows('toy.balance')).toMatchObject([{ total: 5 }]);
      });
    });
  });
}

/** Of two accounts, the last event of one and the only one of the other cannot be applied; of a ledger, the second of four. */
async function poisoned(opened: Scene): Promise<readonly StoredEvent[]> {
  const sound = [
    storedEvent(accountStream('1'), 1, account('1', 'A')),
    storedEvent(ledger('1'), 1, moved('1', 5, 'a')),
  ];
  const poison = poisonEvents();
  await opened.publish(opened.topic, ...[...sound, ...poison].map(recordOf));
  return poison;
}

function poisonEvents(): readonly StoredEvent[] {
  return [
    storedEvent(accountStream('1'), 2, account('1', POISON)),
    storedEvent(accountStream('2'), 1, account('2', POISON)),
    storedEvent(ledger('1'), 2, moved('1', IMPOSSIBLE_AMOUNT, 'b')),
    storedEvent(ledger('1'), 3, moved('1', 7, 'c')),
    storedEvent(ledger('1'), 4, moved('1', 8, 'd')),
  ];
}

/** Checks what live rows show, then what a rebuild makes of the same log. */
async function asRebuilt(opened: Scene, process: ToyProcess, check: () => Promise<void>): Promise<void> {
  await opened.caughtUp(process);
  await check();
  for (const name of ['toy.account', 'toy.balance']) {
    const before = await process.eventLog.fingerprint(name);
    await process.eventLog.rebuild(name);
    expect(await process.eventLog.fingerprint(name)).toEqual(before);
  }
  await check();
}

function placeOf(
  listed: readonly {
    readonly entry: {
      readonly topic: string;
      readonly partition: number;
      readonly offset: bigint;
      readonly event: { readonly stream: string; readonly version: number };
    };
  }[],
  stream: string,
  version: number,
): { readonly topic: string; readonly partition: number; readonly offset: bigint } {
  const found = listed.find(({ entry }) => entry.event.stream === stream && entry.event.version === version);
  if (!found) throw new Error(`${stream}@${version} is not parked`);
  const { topic, partition, offset } = found.entry;
  return { topic, partition, offset };
}

/** A client that loses its connection whenever parked events are taken up again. */
function failingOnParked(store: ProjectionStore): ProjectionStore {
  return overriding(store, {
    transaction: (projection, generation, partition, work) =>
      store.transaction(projection, generation, partition, (tx) =>
        work(
          overriding(tx, {
            unpark: () =>
              Promise.reject(new PlatformError('eventlog.test', 'the connection has broken', true)),
          }),
        ),
      ),
  });
}

/** Longer than an entry of an index may be, which only the database knows. */
function incompressible(): string {
  let text = '';
  for (let seed = 1; text.length < 20_000; seed = (seed * 48_271) % 2_147_483_647) text += seed.toString(36);
  return text;
}
