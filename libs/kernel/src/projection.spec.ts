import { describe, expect, it } from '@jest/globals';
import { defineProjection, type Projection } from './projection.js';

const rows: Projection = {
  name: 'toy.rows',
  version: 1,
  fold: 'state',
  topics: ['toy'],
  reads: ['toy.row.changed'],
  table: {
    columns: { company: 'text', number: 'text' },
    key: ['company', 'number'],
    company: 'company',
    indexes: [],
  },
  key: ({ meta }) => ({ company: meta.key, number: meta.stream }),
  project: (row) => row,
};

describe('a projection', () => {
  it('names a company’s column that is part of its key, and a text', () => {
    expect(defineProjection(rows)).toBe(rows);
    const having = (table: Partial<Projection['table']>): Projection => ({
      ...rows,
      table: { ...rows.table, ...table },
    });
    expect(() => defineProjection(having({ key: ['number'] }))).toThrow(
      'toy.rows: the column company must be part of the key',
    );
    expect(() => defineProjection(having({ columns: { company: 'uuid', number: 'text' } }))).toThrow(
      'toy.rows: the column company must be a text',
    );
  });
});
