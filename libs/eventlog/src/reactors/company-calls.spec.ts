import { describe, expect, it } from '@jest/globals';
import { EventCatalogue } from '@samspill/contracts';
import { streamName } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { Faults } from '../adapters/memory/faults.js';
import { MemoryCluster } from '../adapters/memory/memory-cluster.js';
import { MemoryDeliveries, MemoryDeliveryLedger } from '../adapters/memory/memory-delivery-ledger.js';
import { MemoryLog } from '../adapters/memory/memory-log.js';
import { recordOf, storedEvent } from '../conformance/scene.js';
import { accountReactor, accountThing } from '../conformance/toy/account.reactor.js';
import { accountChanged } from '../conformance/toy/toy-events.js';
import { account } from '../conformance/toy/toy-writing.js';
import { Failures } from '../failures.js';
import { silentLogger } from '../logger.js';
import { DecodedRecord } from '../received-record.js';
import { CompanyCalls } from './company-calls.js';
import type { LedgerEntry, ToldOutcome } from './delivery.js';
import { DeliveryWaits } from './delivery-waits.js';
import { DEFAULT_LIMITS, type Outside } from './outside.js';
import { RecentRecords } from './recent-records.js';

const TOPIC = 'toy.accounts';
const COMPANY = 'company';
const LIMITS = { ...DEFAULT_LIMITS, batchSize: 1 };
const reactor = accountReactor(TOPIC);
const anybody = (): typeof LIMITS => LIMITS;

/** A company's calls, with accounts that are due; each look at what the log tells, and each call, waits for the test. */
async function calling(numbers: readonly string[]) {
  const ledger = new MemoryDeliveryLedger(new MemoryDeliveries(), new Faults());
  const recent = new RecentRecords();
  const due = numbers.map((number, at): LedgerEntry => {
    const stream = streamName('toy.account', COMPANY, number);
    const place = { topic: TOPIC, partition: 0, offset: BigInt(at) };
    recent.keep(
      place,
      new DecodedRecord(recordOf(storedEvent(stream, 1, account(number, 'A'))), place.offset),
    );
    const thing = accountThing(COMPANY, number);
    const dueAt = '2026-03-01T12:00:00.000Z';
    const begun = { state: 'intended', isChanged: true, isInDoubt: false, attempts: 0, dueAt } as const;
    return { thing, key: COMPANY, stream, version: 1, content: '', place, ...begun };
  });
  await ledger.change(reactor.name, [], () => ({ put: due }));
  const [told, sent] = [new Map<string, ToldOutcome>(), new Array<string>()];
  const seen = { behind: 0, looks: 0 };
  const [looking, answering] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const outside: Outside = {
    send: async (deliveries) => {
      sent.push(...deliveries.map(({ thing }) => thing));
      await answering.promise;
      return deliveries.map(() => ({ kind: 'confirmed' }));
    },
  };
  const stop = new AbortController();
  const calls = new CompanyCalls({
    call: {
      ...{ reactor, outside, ledger, recent, limits: LIMITS, logger: silentLogger },
      log: new MemoryLog(new MemoryCluster()),
      catalogue: new EventCatalogue([accountChanged]),
      journal: {
        outcomes: async () => {
          seen.looks += 1;
          await looking.promise;
          return told;
        },
        tell: () => Promise.resolve(),
      },
    },
    waits: new DeliveryWaits(reactor.name, ledger, LIMITS),
    failures: new Failures(),
    lost: new AbortController().signal,
    stop: stop.signal,
    onEnd: () => undefined,
    onBehind: () => (seen.behind += 1),
  });
  const goOn = (): void => looking.resolve(undefined);
  const answer = (): void => answering.resolve(undefined);
  return { calls, due, told, sent, seen, stop, ledger, goOn, answer };
}

describe('a company’s calls', () => {
  it.each(['held', 'closed', 'stopped'] as const)(
    'G82 send nothing that was still being prepared when the company was %s, and leave it due',
    async (how) => {
      const { calls, due, sent, stop, ledger, goOn, answer } = await calling(['1']);
      answer();
      calls.goOn(anybody);
      calls.begin(COMPANY, due, LIMITS);
      if (how === 'held') calls.forgetPrepared();
      else if (how === 'closed') calls.goOn(() => undefined);
      else stop.abort();
      goOn();
      await calls.ended();
      expect(sent).toEqual([]);
      expect([
        ...(
          await ledger.entries(
            reactor.name,
            due.map(({ thing }) => thing),
          )
        ).values(),
      ]).toEqual(due);
      if (how === 'stopped') return;
      calls.goOn(anybody);
      calls.begin(COMPANY, due, LIMITS);
      await calls.ended();
      expect(sent).toEqual(due.map(({ thing }) => thing));
    },
  );

  it('G75 tell that the ledger is from before where the log says so of what is prepared and then not called', async () => {
    const { calls, due, told, sent, seen, goOn, answer } = await calling(['1', '2']);
    goOn();
    calls.goOn(anybody);
    const [, next] = due;
    if (next) told.set(next.thing, { kind: 'confirmed', version: 1, attempt: 1, time: next.dueAt });
    calls.begin(COMPANY, due, LIMITS);
    await waitFor(() => sent.length === 1 && seen.looks === 2, { describe: 'the next to be prepared' });
    calls.forgetPrepared();
    answer();
    await calls.ended();
    expect(sent).toHaveLength(1);
    expect(seen.behind).toBe(1);
  });
});
