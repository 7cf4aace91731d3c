import { describe, expect, it } from '@jest/globals';
import { randomFrom, waitFor, type OutsideSystem } from '@samspill/testing';
import type { EventStore } from '../event-store.js';
import { granted } from './operating.js';
import { overriding } from './overriding.js';
import { pick } from './pick.js';
import { companies, company, otherCompany, scenes } from './scene.js';
import { ACCOUNT_REACTOR, accountThing, SECRET, UNSPEAKABLE } from './toy/account.reactor.js';
import { account, closed, context, type Between, type ToyProcess } from './toy/toy-process.js';
import { delivered, hold, outsides, reactorStatus, release, stands, takenIn, telling } from './telling.js';
import type { MakeWorld } from './world.js';

const THINGS = 4;
const CHANGES = 60;

/** G70 to G74: what reactors do outside. */
export function describeReacting(make: MakeWorld): void {
  describe('reacting', () => {
    const scene = scenes(make);
    const outsideSystem = outsides();

    it('G70 brings the outside to where the events are, each content once, through answers that are lost, late or no', async () => {
      const opened = await scene();
      const faults = { busy: 0.1, failing: 0.1, failingAfter: 0.1, cutAfter: 0.1, silentAfter: 0.02 };
      const outside = await outsideSystem({ seed: 7, faults });
      const bank = await telling(opened, outside);
      const expected = await changeAtRandom(bank, 20_260_401);
      await delivered(opened, bank);
      expect(namesIn(outside)).toEqual(expected);
      expect(outside.repeated).toEqual([]);
      expect(new Set(outside.effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(
        outside.effects.length,
      );
    });

    it('G71 asks the outside by our own reference, and sends nothing again, when a process died between the call and its ledger', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const died = Promise.withResolvers<undefined>();
      const dying = await telling(opened, outside, {
        between: dyingBeforeTelling(() => died.resolve(undefined)),
      });
      await dying.append(company, 'toy.account', '1', account('1', 'A'));
      await died.promise;
      await opened.stop(dying);
      const bank = await telling(opened, outside);
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(1);
      expect(outside.lookUps).toBeGreaterThan(0);
      expect((await reactorStatus(bank)).counts).toMatchObject({ confirmed: 1, open: 0 });
    });

    it('G71 sends again, with the same idempotency key, what an outside that cannot be asked may have', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ faults: { cutAfter: 1 } });
      const bank = await telling(opened, outside, { isDeaf: true });
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await waitFor(() => outside.effects.length > 0, { describe: 'the first attempt' });
      outside.faults = {};
      await delivered(opened, bank);
      expect(outside.effects.length).toBeGreaterThan(1);
      expect(new Set(outside.effects.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    });

    it('G72 one of several instances delivers, another goes on when it leaves, and late repeats change nothing', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const first = await telling(opened, outside);
      const second = await telling(opened, outside);
      for (const each of companies) await first.append(each, 'toy.account', '1', account('1', 'A'));
      await delivered(opened, first);
      const records = await opened.records();
      await opened.publish(
        opened.topic,
        ...records.filter((record) => record.header('ce_type') === 'toy.account.changed'),
      );
      await opened.stop(first);
      for (const each of companies) await second.append(each, 'toy.account', '2', account('2', 'B'));
      await delivered(opened, second);
      expect(outside.effects).toHaveLength(2 * companies.length);
      expect(outside.repeated).toEqual([]);
    });

    it('G72 takes nothing for a loss because another instance begins at the same moment', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const [asked, begun] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
      const slow = telling(opened, outside, {
        between: {
          eventStore: (store) => slowAboutReactor(store, () => asked.resolve(undefined), begun.promise),
        },
      });
      await asked.promise;
      const quick = await telling(opened, outside);
      await quick.append(company, 'toy.account', '1', account('1', 'A'));
      await stands(quick, 'running');
      begun.resolve(undefined);
      await slow;
      await delivered(opened, quick);
      expect(await reactorStatus(await slow)).toMatchObject({ standing: { state: 'running' } });
    });

    it('G73 keeps the order of a thing: what comes later takes the place of what was not sent, and equal content is not sent', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const bank = await telling(opened, outside);
      const change = async (name: string): Promise<void> =>
        bank.append(company, 'toy.account', '1', account('1', name));
      await change('A');
      await delivered(opened, bank);
      outside.isDown = true;
      await change('B');
      await stands(bank, 'waiting');
      for (const name of ['C', 'A']) await change(name);
      await takenIn(opened, bank);
      outside.isDown = false;
      await delivered(opened, bank);
      for (const name of ['D', 'D']) await change(name);
      await delivered(opened, bank);
      const names = outside.effects.map(({ value }) => value);
      expect(names).toEqual(['A', 'D'].map((name) => ({ name, town: 'Bergen', isClosed: false })));
    });

    it('G73 says what it waits for while the outside takes nothing, keeps to Retry-After, and lets other companies go on', async () => {
      const opened = await scene();
      const outside = await outsideSystem({ retryAfterSeconds: 1 });
      const bank = await telling(opened, outside);
      const [waiting, other] = [accountThing(company, '1'), accountThing(otherCompany, '1')];
      outside.busyWith.add(waiting);
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      const { waits, standing } = await waitFor(
        async () => {
          const status = await reactorStatus(bank);
          return status.waits.length > 0 ? status : undefined;
        },
        { describe: 'the company to wait' },
      );
      expect(waits).toMatchObject([{ key: company, code: 'toy.busy', words: 'Too many requests.' }]);
      expect(standing).toMatchObject({ reason: expect.stringContaining('Too many requests.') });
      await bank.append(otherCompany, 'toy.account', '1', account('1', 'B'));
      await waitFor(() => outside.things.has(other), { describe: 'the other company' });
      outside.busyWith.clear();
      await delivered(opened, bank);
      expect(outside.things.get(waiting)?.atMs).toBeGreaterThanOrEqual(Date.parse(waits[0]?.until ?? ''));
    });

    it('G74 what is refused for good holds up nothing else, is listed with the words of both sides, and is tried again when asked', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const bank = await telling(opened, outside);
      const { reactors } = bank.eventLog;
      const refused = accountThing(company, '1');
      outside.refuses.set(refused, 'A name needs a vowel.');
      await bank.append(company, 'toy.account', '1', account('1', 'xyz'));
      await bank.append(company, 'toy.account', '2', account('2', UNSPEAKABLE));
      await bank.append(company, 'toy.account', '3', account('3', SECRET));
      await bank.append(company, 'toy.account', '4', account('4', 'D'));
      await delivered(opened, bank);
      expect([...outside.things.keys()]).toEqual([accountThing(company, '4')]);
      const page = granted(await reactors.undelivered(ACCOUNT_REACTOR, { limit: 10 }));
      expect(page.entries).toMatchObject([
        { thing: refused, code: 'toy.refused', words: 'A name needs a vowel.' },
        { code: 'reactor.event-unusable', words: 'nobody may say this name' },
      ]);
      outside.refuses.clear();
      expect(granted(await reactors.retry(ACCOUNT_REACTOR, { things: [refused] }))).toEqual({ tried: 1 });
      await delivered(opened, bank);
      expect([...outside.things.keys()].sort()).toEqual([refused, accountThing(company, '4')].sort());
      expect(await reactors.retry(ACCOUNT_REACTOR, { things: [refused] })).toMatchObject({
        code: 'reactor.delivery-not-found',
      });
      expect(granted(await reactors.retry(ACCOUNT_REACTOR, {}))).toEqual({ tried: 1 });
      expect((await reactorStatus(bank)).counts.refused).toBe(1);
      await bank.append(company, 'toy.account', '2', account('2', 'B'));
      await delivered(opened, bank);
      expect(outside.things.get(accountThing(company, '2'))?.value).toMatchObject({ name: 'B' });
    });

    it('G74 delivers nothing while it is held, and everything once it is let go', async () => {
      const opened = await scene();
      const outside = await outsideSystem();
      const bank = await telling(opened, outside);
      await hold(bank);
      await bank.append(company, 'toy.account', '1', account('1', 'A'));
      await waitFor(async () => (await reactorStatus(bank)).counts.open === 1, { describe: 'the event' });
      expect(await stands(bank, 'held')).toMatchObject({ held: { by: 'user:tester', reason: 'a test' } });
      expect(await bank.eventLog.reactors.hold(ACCOUNT_REACTOR, 'again', context())).toMatchObject({
        code: 'reactor.state-conflict',
      });
      expect(outside.writes).toBe(0);
      await release(bank);
      await delivered(opened, bank);
      expect(outside.effects).toHaveLength(1);
    });
  });
}

/** Appends changes of a few accounts; returns the name of each in the end, by thing. */
async function changeAtRandom(bank: ToyProcess, seed: number): Promise<ReadonlyMap<string, string>> {
  const random = randomFrom(seed);
  const names = new Map<string, string>();
  for (let change = 0; change < CHANGES; change += 1) {
    const each = pick(random, companies);
    const number = String(Math.floor(random() * THINGS));
    const name = pick(random, ['A', 'B', 'C', '']);
    await bank.append(each, 'toy.account', number, name === '' ? closed(number) : account(number, name));
    names.set(accountThing(each, number), name);
  }
  return new Map([...names].sort());
}

function namesIn(outside: OutsideSystem): ReadonlyMap<string, string> {
  const names = [...outside.things].map(
    ([thing, { value }]) => [thing, String(Reflect.get(Object(value), 'name'))] as const,
  );
  return new Map(names.sort());
}

/** A process that never gets to tell the log what was delivered. */
function dyingBeforeTelling(died: () => void): Between {
  return {
    eventStore: (store) =>
      overriding(store, {
        append: async (appends, options) => {
          if (appends.some(({ events }) => events.some(({ type }) => type.endsWith('delivery.confirmed')))) {
            died();
            throw new Error('it is dead');
          }
          await store.append(appends, options);
        },
      }),
  };
}

/** An event store that says how the reactor stands only once `until` has come. */
function slowAboutReactor(store: EventStore, asked: () => void, until: Promise<unknown>): EventStore {
  return overriding(store, {
    heads: async (streams) => {
      if (streams.some((stream) => stream.includes(ACCOUNT_REACTOR))) {
        asked();
        await until;
      }
      return await store.heads(streams);
    },
  });
}
