import { defineProjection, parseStream, type Recorded, type Row } from '@samspill/kernel';
import type { AccountEvent } from './toy-events.js';

export interface AccountRow extends Row {
  readonly company: string;
  readonly number: string;
  readonly name: string;
  readonly town: string;
  readonly opened_at: string | null;
  readonly remark: string | null;
  readonly whole: object;
}

/** An account of this name cannot be projected. */
export const POISON = 'poison';

/** Events carry the full state: the last one of a stream decides. */
export function accountProjection(topic: string) {
  return defineProjection<AccountRow, AccountEvent>({
    name: 'toy.account',
    version: 1,
    fold: 'state',
    topics: [topic],
    reads: ['toy.account.changed', 'toy.account.closed', 'toy.account.noted'],
    table: {
      columns: {
        company: 'text',
        number: 'text',
        name: 'text',
        town: 'text',
        opened_at: 'timestamptz',
        remark: 'text',
        whole: 'jsonb',
      },
      key: ['company', 'number'],
      company: 'company',
      // An entry of this index has at most 2,704 bytes, which only the database knows.
      indexes: [{ name: 'remark', definition: '(remark)' }],
    },
    key: (event) => (event.type === 'toy.account.noted' ? undefined : keyOf(event)),
    project(_row, event) {
      if (event.type !== 'toy.account.changed') return undefined;
      const { name, town, openedAt, remark } = event.data;
      if (name === POISON) throw new Error('this account cannot be projected');
      return {
        ...keyOf(event),
        name,
        town,
        opened_at: openedAt ?? null,
        remark: remark ?? null,
        whole: event.data,
      };
    },
  });
}

function keyOf(event: Recorded): { readonly company: string; readonly number: string } {
  const [company = '', number = ''] = parseStream(event.meta.stream).parts;
  return { company, number };
}
