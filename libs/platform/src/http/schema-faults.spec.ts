import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';

import { faultsOfIssues } from './schema-faults.js';

const form = z.strictObject({
  name: z.string().min(1),
  email: z.email(),
  lines: z.array(z.string().max(3)),
  'a/b~c': z.number(),
  year: z.number().refine((year) => year > 1900, { params: { code: 'year.too-early' } }),
});

function faults(value: unknown, place = '') {
  const { error } = form.safeParse(value);
  return faultsOfIssues(error?.issues ?? [], value, place).map(({ pointer, code }) => [pointer, code]);
}

describe('the faults that a schema finds', () => {
  it('are all there, each with its pointer and its code', () => {
    expect(
      faults({ email: 'x', lines: ['ok', 'long'], 'a/b~c': 'one', year: 1850, extra: 1, '~': 2 }),
    ).toEqual([
      ['/name', 'required'],
      ['/email', 'invalid-email'],
      ['/lines/1', 'too-big'],
      ['/a~1b~0c', 'invalid-type'],
      ['/year', 'year.too-early'],
      ['/extra', 'unknown-field'],
      ['/~0', 'unknown-field'],
    ]);
  });

  it('of a parameter begin with its place', () => {
    expect(faults(undefined, '/query')).toEqual([['/query', 'required']]);
    expect(faults({ name: '' }, '/query')).toContainEqual(['/query/name', 'too-small']);
  });

  it('are cut where there are too many, and that is said', () => {
    const lines = Array.from({ length: 1000 }, () => 'long');
    const found = faults({ name: 'n', email: 'a@b.no', lines, 'a/b~c': 1, year: 2000 });
    expect(found).toHaveLength(201);
    expect(found.at(-1)).toEqual(['', 'more-faults']);
  });
});
