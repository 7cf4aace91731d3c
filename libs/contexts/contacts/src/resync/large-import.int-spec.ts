import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { contextNow, send, valueOf, World, type Service } from './resync-world.specification.js';

const ROWS = 40_000;
const ROWS_PER_CHUNK = 500;
/** A batch of steps with its events; the file alone has half as much again, and its rows as values several times that. */
const LIVE_HEAP_MAX_BYTES = 24 * 1024 * 1024;
/** Loading, comparing, appending and projecting on a machine with two busy cores. */
const TIMEOUT_MS = 420_000;
const MEASURE_EVERY_ROWS = 10_000;

/** Bytes in the heap that are in use, after a collection: what is held, and not what has not been let go of yet. */
function liveHeapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}

function* largeCsv(onRows: (rows: number) => void): Generator<Buffer> {
  yield Buffer.from('Kundenr;Navn;Poststed;Merknad\r\n');
  const notes = 'Ring før klokken ti. '.repeat(16);
  for (let row = 0; row < ROWS; row += ROWS_PER_CHUNK) {
    onRows(row);
    let chunk = '';
    for (let number = row; number < row + ROWS_PER_CHUNK; number += 1) {
      chunk += `${number};Kunde ${number} AS;Ålesund;${notes}\r\n`;
    }
    yield Buffer.from(chunk);
  }
}

describe('an import of 40,000 rows', () => {
  let world: World;
  let service: Service;

  beforeAll(async () => {
    world = await World.open('postgres');
    service = await world.service();
  });
  afterAll(() => world.close());

  it(
    'C38 C39 takes the same memory as a small one, and tells how far it is',
    async () => {
      const company = await world.company(service);
      const live: number[] = [];
      const csv = largeCsv((rows) => {
        if (rows % MEASURE_EVERY_ROWS === 0) live.push(liveHeapBytes());
      });
      const preview = await send(service, company, Readable.from(csv));
      expect(preview.preview).toEqual([
        { kind: 'customer', created: ROWS, changed: 0, deleted: 0, unchanged: 0 },
      ]);
      const seen: number[] = [];
      service.runner.start();
      valueOf(await service.resyncs.confirm(company, preview.id, undefined, contextNow()));
      const done = await waitFor(
        async () => {
          live.push(liveHeapBytes());
          const view = valueOf(await service.resyncs.find(company, preview.id, contextNow()));
          if (view.progress?.etaSeconds !== undefined) seen.push(view.progress.percent);
          return view.endedAt !== undefined && view;
        },
        { describe: 'the import to end', timeoutMs: 300_000, intervalMs: 1_000 },
      );
      expect(done.outcome).toEqual(preview.preview);
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      expect(seen.some((percent) => percent > 0 && percent < 100)).toBe(true);
      expect(Math.max(...live) - Math.min(...live)).toBeLessThan(LIVE_HEAP_MAX_BYTES);
    },
    TIMEOUT_MS,
  );
});
