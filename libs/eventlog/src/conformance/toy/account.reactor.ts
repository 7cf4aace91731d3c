import { defineReactor, parseStream, type Recorded } from '@samspill/kernel';
import type { AccountEvent } from './toy-events.js';

/** What the outside is told about an account. */
export interface AccountCard {
  readonly name: string;
  readonly town: string;
  readonly isClosed: boolean;
}

/** An account of this name cannot be made into a delivery. */
export const UNSPEAKABLE = 'unspeakable';
/** Never told outside. */
export const SECRET = 'secret';

export const ACCOUNT_REACTOR = 'toy.send-account';

/** Tells somebody outside how accounts are. */
export function accountReactor(topic: string, begins: 'first-event' | 'now' = 'first-event') {
  return defineReactor<AccountEvent, AccountCard>({
    name: ACCOUNT_REACTOR,
    topics: [topic],
    reads: ['toy.account.changed', 'toy.account.closed'],
    begins,
    mayRedeliver: true,
    react(event) {
      if (event.type === 'toy.account.closed')
        return [{ thing: thingOf(event), payload: { name: '', town: '', isClosed: true } }];
      if (event.type === 'toy.account.noted') return [];
      const { name, town } = event.data;
      if (name === UNSPEAKABLE) throw new Error('nobody may say this name');
      return name === SECRET ? [] : [{ thing: thingOf(event), payload: { name, town, isClosed: false } }];
    },
  });
}

function thingOf(event: Recorded): string {
  const [company = '', number = ''] = parseStream(event.meta.stream).parts;
  return accountThing(company, number);
}

export function accountThing(company: string, number: string): string {
  return `account/${company}/${number}`;
}
