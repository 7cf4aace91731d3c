import { describe, expect, it } from '@jest/globals';
import type { ColumnType, ColumnValue, Projection, Row } from '@samspill/kernel';
import { asStored, keyAsStored } from './storable.js';

function projectionOf(type: ColumnType, fold: Projection['fold'] = 'steps'): Projection {
  return {
    name: 'test.one',
    version: 1,
    fold,
    topics: [],
    reads: [],
    table: { columns: { key: 'text', value: type }, key: ['key'], indexes: [] },
    key: () => undefined,
    project: () => undefined,
  };
}
const stored = (type: ColumnType, value: ColumnValue | undefined): unknown => {
  const row: Row = value === undefined ? { key: 'a' } : { key: 'a', value };
  const outcome = asStored(projectionOf(type), { key: 'a' }, row);
  return outcome.kind === 'row' ? outcome.row['value'] : outcome.reason;
};

describe('what a table takes', () => {
  it.each<[ColumnType, ColumnValue | undefined, unknown]>([
    ['text', 'Ærø', 'Ærø'],
    ['text', undefined, null],
    ['text', null, null],
    ['text', 'half \ud800', 'half \ufffd'],
    ['text[]', ['a', '"b', 'c\\'], ['a', '"b', 'c\\']],
    ['integer', -2_147_483_647, -2_147_483_647],
    ['integer[]', [1, 2], [1, 2]],
    ['bigint', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['boolean', false, false],
    ['uuid', '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11', '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11'],
    ['timestamptz', '2026-03-01T00:00:00.123456+02:00', '2026-02-28T22:00:00.123Z'],
    ['timestamptz', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['jsonb', { a: [1, { b: undefined, c: '\\u0000' }] }, { a: [1, { c: '\\u0000' }] }],
    ['jsonb', ['half \ud800'], ['half \ufffd']],
  ])('%s %j is kept as %j', (type, value, kept) => {
    expect(stored(type, value)).toEqual(kept);
  });

  it.each<[ColumnType, ColumnValue]>([
    ['text', 7],
    ['text', 'a\u0000'],
    ['text[]', 'a'],
    ['text[]', ['a', 'b\u0000']],
    ['integer', 2_147_483_648],
    ['integer', 1.5],
    ['integer[]', [1, 1.5]],
    ['bigint', 2 ** 53],
    ['boolean', 'true'],
    ['uuid', '01989A2E-6F3A-7C52-9D0F-3F1C0A7B5E11'],
    ['timestamptz', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['timestamptz', '2026-02-29T00:00:00Z'],
    ['timestamptz', '2026-13-01T00:00:00Z'],
    ['timestamptz', '0000-01-01T00:00:00Z'],
    ['timestamptz', '9999-12-31T23:59:59-01:00'],
    ['jsonb', { a: 'b\u0000' }],
    ['jsonb', { 'a\u0000': 1 }],
  ])('%s %j is refused', (type, value) => {
    expect(stored(type, value)).toMatch(/^column value /);
  });

  it('does not take apart what a fold of states never reads back', () => {
    const value = { a: 1 };
    const outcome = asStored(projectionOf('jsonb', 'state'), { key: 'a' }, { key: 'a', value });
    expect(outcome).toEqual({ kind: 'row', row: { key: 'a', value } });
  });

  it('refuses a row under another key than its event’s, and keys that no index takes', () => {
    const projection = projectionOf('text');
    expect(asStored(projection, { key: 'a' }, { key: 'b' })).toMatchObject({ kind: 'refused' });
    for (const key of [{}, { key: 7 }, { key: '\u0000' }, { key: 'ø'.repeat(1_251) }]) {
      expect(keyAsStored(projection, key)).toMatchObject({
        kind: 'refused',
        reason: expect.stringContaining('key'),
      });
    }
    expect(keyAsStored(projection, { key: 'ø'.repeat(1_250) })).toMatchObject({ kind: 'row' });
  });
});
