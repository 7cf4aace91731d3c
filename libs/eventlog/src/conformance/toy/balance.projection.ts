import { defineProjection, parseStream, type Recorded, type Row } from '@samspill/kernel';
import type { LedgerEvent, OwnerEvent } from './toy-events.js';

interface Balance {
  readonly company: string;
  readonly account: string;
  readonly total: number;
  readonly moves: number;
  /** References of the moves since the ledger was last emptied, in order. */
  readonly refs: readonly string[];
  readonly last_move_at: string | null;
  readonly owner: string | null;
}
export type BalanceRow = Balance & Row;

/** No amount may be this: the step that has it cannot be taken. */
export const IMPOSSIBLE_AMOUNT = 666;

/** Every event counts. What comes from one topic touches no column of the other, so that any interleaving gives the same rows. */
export function balanceProjection(bank: string, owners: string) {
  return defineProjection<BalanceRow, LedgerEvent | OwnerEvent>({
    name: 'toy.balance',
    version: 1,
    fold: 'steps',
    topics: [bank, owners],
    reads: ['toy.money.moved', 'toy.ledger.emptied', 'toy.owner.named', 'toy.owner.left'],
    table: {
      columns: {
        company: 'text',
        account: 'text',
        total: 'bigint',
        moves: 'integer',
        refs: 'text[]',
        last_move_at: 'timestamptz',
        owner: 'text',
      },
      key: ['company', 'account'],
      company: 'company',
      indexes: [],
    },
    key: keyOf,
    project(row, event) {
      const after = { ...(row ?? nothingYet(event)), ...change(row, event) };
      return after.moves === 0 && after.owner === null ? undefined : after;
    },
  });
}

function change(row: BalanceRow | undefined, event: Recorded<LedgerEvent | OwnerEvent>): Partial<Balance> {
  switch (event.type) {
    case 'toy.money.moved': {
      const { amount, reference } = event.data;
      if (amount === IMPOSSIBLE_AMOUNT) throw new Error(`${amount} cannot be moved`);
      return {
        total: (row?.total ?? 0) + amount,
        moves: (row?.moves ?? 0) + 1,
        refs: [...(row?.refs ?? []), reference],
        last_move_at: event.meta.time,
      };
    }
    case 'toy.ledger.emptied':
      return { total: 0, moves: 0, refs: [], last_move_at: null };
    case 'toy.owner.named':
      return { owner: event.data.owner };
    case 'toy.owner.left':
      return { owner: null };
  }
}

function nothingYet(event: Recorded): Balance {
  return { ...keyOf(event), total: 0, moves: 0, refs: [], last_move_at: null, owner: null };
}

function keyOf(event: Recorded): { readonly company: string; readonly account: string } {
  const [company = '', account = ''] = parseStream(event.meta.stream).parts;
  return { company, account };
}
