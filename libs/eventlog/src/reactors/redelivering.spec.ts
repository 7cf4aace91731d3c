import { describe, expect, it } from '@jest/globals';
import { EventCatalogue } from '@samspill/contracts';
import { waitFor } from '@samspill/testing';
import { MemoryCluster } from '../adapters/memory/memory-cluster.js';
import { MemoryLog } from '../adapters/memory/memory-log.js';
import { silentLogger } from '../logger.js';
import { noReactorState, type ReactorState } from './reactor-state.js';
import { Redelivering } from './redelivering.js';

const TOPIC = 'toy.accounts';
const NEVER_MS = 3_600_000;
const OFTEN = 100;
const STATE: ReactorState = {
  ...noReactorState,
  redeliveries: [
    {
      id: '1',
      window: { from: '2026-01-01T00:00:00Z' },
      verifies: false,
      reason: 'a test',
      by: 'user:a',
      requestedAt: '2026-01-02T00:00:00Z',
    },
  ],
};

/** A reactor whose topic is not there yet, so that each attempt is broken off. */
function redelivering(retryMs: number) {
  const log = new MemoryLog(new MemoryCluster());
  const seen = { brokenOff: 0, ended: 0 };
  const redeliver = new Redelivering(
    {
      reactor: {
        name: 'toy.tell',
        topics: [TOPIC],
        reads: [],
        begins: 'now',
        mayRedeliver: true,
        react: () => [],
      },
      ledger: { entries: () => Promise.resolve(new Map()), add: () => Promise.resolve() },
      journal: {
        outcomes: () => Promise.resolve(new Map()),
        write: () => {
          seen.ended += 1;
          return Promise.resolve();
        },
      },
      log,
      catalogue: new EventCatalogue([]),
      logger: { ...silentLogger, warn: () => void (seen.brokenOff += 1) },
      wake: () => undefined,
    },
    { firstMs: retryMs, maxMs: retryMs },
  );
  return { redeliver, log, seen };
}

describe('a redelivery that is broken off', () => {
  it('G81 is not begun anew before it has waited, however often it is looked for, and no stop waits for it', async () => {
    const { redeliver, seen } = redelivering(NEVER_MS);
    const stop = new AbortController();
    redeliver.begin(STATE, stop.signal);
    await waitFor(() => seen.brokenOff === 1, { describe: 'it to be broken off' });
    for (let look = 0; look < OFTEN; look += 1) {
      redeliver.begin(STATE, stop.signal);
      await Promise.resolve();
    }
    expect(seen).toEqual({ brokenOff: 1, ended: 0 });
    stop.abort();
    await redeliver.ended();
  });

  it('G81 ends once what was in its way is gone', async () => {
    const { redeliver, log, seen } = redelivering(1);
    const { signal } = new AbortController();
    redeliver.begin(STATE, signal);
    await waitFor(() => seen.brokenOff > 0, { describe: 'it to be broken off' });
    await log.create([TOPIC], 1);
    await waitFor(
      () => {
        redeliver.begin(STATE, signal);
        return seen.ended === 1;
      },
      { describe: 'it to be over' },
    );
    await redeliver.ended();
  });
});
