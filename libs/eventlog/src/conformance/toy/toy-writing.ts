import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '@samspill/kernel';
import type { CommandContext } from '../../unit.js';

export function context(now = new Date(), correlationId: string = randomUUID()): CommandContext {
  return { actor: 'user:tester', correlationId, now };
}

export const account = (
  number: string,
  name: string,
  more: Readonly<Record<string, unknown>> = {},
): DomainEvent => ({
  type: 'toy.account.changed',
  data: { number, name, town: 'Bergen', ...more },
});
export const closed = (number: string): DomainEvent => ({ type: 'toy.account.closed', data: { number } });
export const noted = (note: string): DomainEvent => ({ type: 'toy.account.noted', data: { note } });
export const moved = (accountName: string, amount: number, reference: string): DomainEvent => ({
  type: 'toy.money.moved',
  data: { account: accountName, amount, reference },
});
export const emptied = (accountName: string): DomainEvent => ({
  type: 'toy.ledger.emptied',
  data: { account: accountName },
});
export const taken = (code: string): DomainEvent => ({ type: 'toy.code.taken', data: { code } });
export const givenBack = (code: string): DomainEvent => ({ type: 'toy.code.given-back', data: { code } });
export const named = (accountName: string, owner: string): DomainEvent => ({
  type: 'toy.owner.named',
  data: { account: accountName, owner },
});
export const left = (accountName: string): DomainEvent => ({
  type: 'toy.owner.left',
  data: { account: accountName },
});
