import { z } from 'zod';
import { defineEvent, type EventOf } from '@samspill/contracts';

/**
 * A bank with two offices, to try the log's guarantees on: one keeps accounts and ledgers, the other knows who owns them. Streams:
 * `toy.account/<company>/<number>`, `toy.ledger/<company>/<account>`, `toy.holder/<company>/<name>`, `toy.owner/<company>/<account>`.
 */
export const accountChanged = defineEvent({
  type: 'toy.account.changed',
  version: 2,
  schema: z.object({
    number: z.string(),
    name: z.string(),
    town: z.string(),
    openedAt: z.string().optional(),
    /** What the database, not the projection, may refuse. */
    remark: z.string().optional(),
  }),
  upcasters: {
    1: (data) => ({ ...z.object({ number: z.string(), name: z.string() }).parse(data), town: 'unknown' }),
  },
});
export const accountClosed = defineEvent({
  type: 'toy.account.closed',
  version: 1,
  schema: z.object({ number: z.string() }),
});
/** Read, but of no row. */
export const accountNoted = defineEvent({
  type: 'toy.account.noted',
  version: 1,
  schema: z.object({ note: z.string() }),
});

export const moneyMoved = defineEvent({
  type: 'toy.money.moved',
  version: 1,
  schema: z.object({ account: z.string(), amount: z.number().int(), reference: z.string() }),
});
export const ledgerEmptied = defineEvent({
  type: 'toy.ledger.emptied',
  version: 1,
  schema: z.object({ account: z.string() }),
});

/** Codes may be held by one stream at a time. */
export const codeTaken = defineEvent({
  type: 'toy.code.taken',
  version: 1,
  schema: z.object({ code: z.string() }),
});
export const codeGivenBack = defineEvent({
  type: 'toy.code.given-back',
  version: 1,
  schema: z.object({ code: z.string() }),
});

export const ownerNamed = defineEvent({
  type: 'toy.owner.named',
  version: 1,
  schema: z.object({ account: z.string(), owner: z.string() }),
});
export const ownerLeft = defineEvent({
  type: 'toy.owner.left',
  version: 1,
  schema: z.object({ account: z.string() }),
});

export const bankEvents = [
  accountChanged,
  accountClosed,
  accountNoted,
  moneyMoved,
  ledgerEmptied,
  codeTaken,
  codeGivenBack,
];
export const ownerEvents = [ownerNamed, ownerLeft];

export type AccountEvent =
  EventOf<typeof accountChanged> | EventOf<typeof accountClosed> | EventOf<typeof accountNoted>;
export type LedgerEvent = EventOf<typeof moneyMoved> | EventOf<typeof ledgerEmptied>;
export type OwnerEvent = EventOf<typeof ownerNamed> | EventOf<typeof ownerLeft>;
