import { describe, expect, it } from '@jest/globals';
import { OutsideSystem, waitFor } from '@samspill/testing';
import fc from 'fast-check';
import { Faults, type FaultPoint } from '../adapters/memory/faults.js';
import { EventLog } from '../event-log.js';
import { silentLogger } from '../logger.js';
import { MemoryWorld, type MemoryServiceDatabase } from './memory-world.js';
import { companies, Scene } from './scene.js';
import { delivered, outsideIsTold, telling } from './telling.js';
import { ACCOUNT_REACTOR } from './toy/account.reactor.js';
import { tellingManifest, TOY_PARTITIONS } from './toy/toy-manifests.js';
import { toyOutside } from './toy/toy-outside.js';
import { account, context } from './toy/toy-writing.js';

const RUNS = 12;
const TEST_MS = 300_000;
/** What a death leaves under way is asked about so soon. */
const LIMITS = { callTimeoutMs: 100, settleMs: 5 };
/** A life that meets no death ends when all is delivered, or after so long. */
const LIFE_MS = 2_000;

/** Places where the process that delivers can die: before and after each word to the log and to the ledger. */
const points: readonly FaultPoint[] = ['ledger.before', 'ledger.after', 'append.before', 'append.after'];

interface Life {
  readonly point: FaultPoint;
  readonly nth: number;
  /** Names that accounts get, in turn. */
  readonly names: readonly string[];
}

const life: fc.Arbitrary<Life> = fc.record({
  point: fc.constantFrom(...points),
  nth: fc.integer({ min: 1, max: 12 }),
  names: fc.array(fc.constantFrom('A', 'B', 'C'), { minLength: 1, maxLength: 6 }),
});

/** G71 with processes that are simulated, so that each of them can die between any two of its steps. */
export function describeSimulatedDeaths(): void {
  describe('reactors on memory, killed', () => {
    it(
      'G71 have every effect once wherever simulated processes die',
      async () => {
        const property = fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 3 }), async (lives) => {
          const outside = await OutsideSystem.start({ seed: 1, faults: { failingAfter: 0.1, failing: 0.1 } });
          const scene = await Scene.open<MemoryServiceDatabase, MemoryWorld>(() =>
            Promise.resolve(new MemoryWorld()),
          );
          try {
            for (const each of lives) await live(each, scene, outside);
            outside.faults = {};
            const bank = await telling(scene, outside, { limits: LIMITS });
            await delivered(scene, bank);
            await scene.caughtUp(bank);
            await outsideIsTold(scene, bank, outside);
          } finally {
            await scene.close();
            await outside.stop();
          }
        });
        await fc.assert(property, { seed: 20_260_402, numRuns: RUNS, endOnFailure: true });
        expect.hasAssertions();
      },
      TEST_MS,
    );
  });
}

async function live(
  { point, nth, names }: Life,
  scene: Scene<MemoryServiceDatabase, MemoryWorld>,
  outside: OutsideSystem,
): Promise<void> {
  const faults = new Faults();
  const { eventStore, projectionStore } = await scene.bankDatabase.connect(faults);
  const eventLog = new EventLog({
    manifest: tellingManifest(scene.world.topics),
    outsides: { [ACCOUNT_REACTOR]: toyOutside(outside.url, LIMITS) },
    eventStore,
    projectionStore,
    log: await scene.world.connectLog(faults),
    logger: silentLogger,
    partitions: TOY_PARTITIONS,
  });
  eventLog.start();
  await waitFor(() => eventLog.status().gate.state === 'open', { describe: 'the gate to open' });
  faults.plan(point, 'crash', nth);
  for (const [index, name] of names.entries()) {
    const company = companies[index % companies.length] ?? '';
    const target = { stream: `toy.account/${company}/1`, key: company };
    await eventLog
      .transact(context(), async (unit) => {
        unit.append(target, (await unit.load(target.stream)).length, [account('1', name)]);
      })
      .catch(() => undefined); // it has died
  }
  await Promise.race([
    faults.died,
    waitFor(
      async () => {
        const [status] = await eventLog.reactors.statuses();
        return status?.counts.open === 0 && status.lag === 0 ? true : undefined;
      },
      { describe: 'it to deliver', timeoutMs: LIFE_MS },
    ).catch(() => undefined),
  ]);
  faults.kill();
  await eventLog.stop();
}
