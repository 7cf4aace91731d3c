import { describe, expect, it } from '@jest/globals';
import { defineProjection, type Row } from '@samspill/kernel';
import fc from 'fast-check';
import { MemoryProjectionStore } from '../adapters/memory/memory-projection-store.js';
import { MemoryReadTables } from '../adapters/memory/memory-read-tables.js';
import type { RebuildDiff } from '../operations/operation.js';
import { compareViews } from './compare.js';

const projection = defineProjection({
  name: 'test.thing',
  version: 1,
  fold: 'state',
  topics: ['test'],
  reads: ['test.changed'],
  table: { columns: { id: 'text', number: 'integer', name: 'text' }, key: ['id', 'number'], indexes: [] },
  key: () => undefined,
  project: () => undefined,
});

const key = fc.tuple(fc.constantFrom('a', 'b', 'å', '🙂', '￿'), fc.integer({ min: -2, max: 12 }));
const table = fc
  .uniqueArray(fc.tuple(key, fc.constantFrom('x', 'y')), { selector: ([[id, number]]) => `${id} ${number}` })
  .map((rows) => rows.map(([[id, number], name]): Row => ({ id, number, name })));

describe('comparing two generations', () => {
  it('G30 counts every row that is added, changed, gone or the same, and names some', async () => {
    await fc.assert(
      fc.asyncProperty(table, table, async (before, after) => {
        const store = new MemoryProjectionStore(new MemoryReadTables());
        const [live, built] = [await loaded(store, before), await loaded(store, after)];
        const { verdict, diff } = await store.snapshot(projection, live, (one) =>
          store.snapshot(projection, built, (other) => compareViews(projection, one, other, undefined)),
        );
        const expected = plainDiff(before, after);
        expect(diff).toMatchObject(expected);
        expect(verdict.outcome).toBe(
          expected.changed + expected.added + expected.gone > 0 ? 'different' : 'equal',
        );
        for (const { kind, columns } of diff?.samples ?? [])
          expect(columns).toEqual(kind === 'changed' ? ['name'] : []);
      }),
    );
  });
});

async function loaded(store: MemoryProjectionStore, rows: readonly Row[]): Promise<number> {
  const generation = await store.createGeneration(projection);
  const chunk = { rows: rows.map((row) => ({ row, version: 1 })), versions: [], parked: [] };
  await store.load(projection, generation, { checkpoints: [], chunks: [chunk] });
  return generation;
}

function plainDiff(
  before: readonly Row[],
  after: readonly Row[],
): Pick<RebuildDiff, 'added' | 'changed' | 'gone' | 'unchanged'> {
  const nameOf = (rows: readonly Row[]): Map<string, unknown> =>
    new Map(rows.map(({ id, number, name }) => [JSON.stringify([id, number]), name]));
  const [old, made] = [nameOf(before), nameOf(after)];
  const both = [...made].filter(([name]) => old.has(name));
  const changed = both.filter(([name, value]) => old.get(name) !== value).length;
  return {
    added: made.size - both.length,
    changed,
    gone: old.size - both.length,
    unchanged: both.length - changed,
  };
}
