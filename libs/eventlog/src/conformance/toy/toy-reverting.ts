import { z } from 'zod';
import { defineEvent, type EventOf } from '@samspill/contracts';
import { reject, streamName, type Decider } from '@samspill/kernel';
import { revertible, type Reverting } from '../../revert/revert-rule.js';
import type { accountChanged, AccountEvent, codeGivenBack, codeTaken, LedgerEvent } from './toy-events.js';

/** An account of this name may not be changed any more. */
export const FROZEN = 'frozen';

/** Somebody wants nothing to be known of an account any more. */
export const accountErased = defineEvent({
  type: 'toy.account.erased',
  version: 1,
  schema: z.object({ number: z.string() }),
  forgets: true,
});
/** A file of accounts was taken in: what it led to, this event has caused. */
export const importRan = defineEvent({
  type: 'toy.import.ran',
  version: 1,
  schema: z.object({ company: z.string() }),
});
export const revertEvents = [accountErased, importRan];

type Account = EventOf<typeof accountChanged>['data'];
type AccountCommand =
  { readonly kind: 'put'; readonly account: Account } | { readonly kind: 'close'; readonly number: string };

const accountDecider: Decider<Account | undefined, AccountCommand, AccountEvent> = {
  initial: () => undefined,
  decide(command, now) {
    if (now?.name === FROZEN) return reject('account.frozen', 'The account is frozen.');
    if (command.kind === 'close')
      return now ? [{ type: 'toy.account.closed', data: { number: command.number } }] : [];
    if (JSON.stringify(now) === JSON.stringify(command.account)) return [];
    return [{ type: 'toy.account.changed', data: command.account }];
  },
  evolve: (_state, event) => (event.type === 'toy.account.changed' ? event.data : undefined),
};

interface Move {
  readonly amount: number;
  readonly reference: string;
}
interface LedgerCommand {
  readonly account: string;
  readonly moves: readonly Move[];
}

/** Many events in answer to one command, and every event counts. */
const ledgerDecider: Decider<readonly Move[], LedgerCommand, LedgerEvent> = {
  initial: () => [],
  decide({ account, moves }, now) {
    if (JSON.stringify(moves) === JSON.stringify(now)) return [];
    return [
      { type: 'toy.ledger.emptied', data: { account } },
      ...moves.map((move) => ({ type: 'toy.money.moved' as const, data: { account, ...move } })),
    ];
  },
  evolve(moves, event) {
    if (event.type === 'toy.ledger.emptied') return [];
    const { amount, reference } = event.data;
    return [...moves, { amount, reference }];
  },
};

type HolderEvent = EventOf<typeof codeTaken> | EventOf<typeof codeGivenBack>;
type Codes = readonly string[];

/** Codes are names that only one holder may have. */
const holderDecider: Decider<Codes, Codes, HolderEvent> = {
  initial: () => [],
  decide: (codes, now) => [
    ...without(now, codes).map((code) => ({ type: 'toy.code.given-back' as const, data: { code } })),
    ...without(codes, now).map((code) => ({ type: 'toy.code.taken' as const, data: { code } })),
  ],
  evolve: (codes, { type, data: { code } }) =>
    type === 'toy.code.taken' ? [...codes, code] : without(codes, [code]),
};

function without(codes: Codes, others: Codes): Codes {
  return codes.filter((code) => !others.includes(code));
}

export const toyReverting: Reverting = {
  rules: [
    revertible({
      category: 'toy.account',
      needs: 'last-event',
      decider: accountDecider,
      exists: (account) => account !== undefined,
      compensate: (then, _now, [, number = '']) => {
        const command: AccountCommand = then ? { kind: 'put', account: then } : { kind: 'close', number };
        return { kind: 'command', command };
      },
    }),
    revertible({
      category: 'toy.ledger',
      needs: 'history',
      decider: ledgerDecider,
      exists: (moves) => moves.length > 0,
      compensate: (moves, _now, [, account = '']) => ({ kind: 'command', command: { account, moves } }),
    }),
    revertible({
      category: 'toy.holder',
      needs: 'history',
      decider: holderDecider,
      exists: (codes) => codes.length > 0,
      compensate: (then) =>
        then.length === 0
          ? { kind: 'impossible', reason: 'A first code is kept.' }
          : { kind: 'command', command: then },
    }),
  ],
  leaves: ['Owners stay as they are.'],
  holdsIntake: true,
  imports: {
    stream: (id) => streamName('toy.import', id),
    cause(history, id) {
      const ran = history.find(({ type }) => type === importRan.type);
      if (!ran) return reject('revert.import-not-found', `There is no import ${id}.`);
      return { company: ran.meta.key, causationId: ran.meta.id };
    },
  },
};
