import { foldText, topics, userEvents, type UserEvent } from '@samspill/contracts';
import { defineProjection, type Row } from '@samspill/kernel';
import { emailKey } from './email-key.js';
import { userOfStream } from './user-stream.js';

/** An index entry must stay well under a third of a page. */
const SORT_NAME_MAX_LENGTH = 100;

/** A user as lists show and find them. */
export interface UsersRow extends Row {
  readonly user_id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly language: string;
  readonly stage: string;
  readonly is_locked: boolean;
  /** Null where the lock has no end. */
  readonly locked_until: string | null;
  readonly second_factors: readonly string[];
  readonly terms: readonly string[];
  readonly registered_at: string;
  readonly changed_at: string;
  /** Folded, last name first: the order of lists, and what a search matches from its start. */
  readonly sort_name: string;
  /** By which an address is compared, and what a search matches from its start. */
  readonly email_key: string;
}

/** Users that are registered and not forgotten. */
export const usersProjection = defineProjection<UsersRow, UserEvent>({
  name: 'identity.users',
  version: 1,
  fold: 'steps',
  topics: [topics.identity],
  reads: userEvents.map((event) => event.type),
  table: {
    columns: {
      user_id: 'text',
      first_name: 'text',
      last_name: 'text',
      email: 'text',
      language: 'text',
      stage: 'text',
      is_locked: 'boolean',
      locked_until: 'timestamptz',
      second_factors: 'text[]',
      terms: 'text[]',
      registered_at: 'timestamptz',
      changed_at: 'timestamptz',
      sort_name: 'text',
      email_key: 'text',
    },
    key: ['user_id'],
    // Users belong to no company: their events have the user's id as key, and this column is that key.
    company: 'user_id',
    indexes: [
      { name: 'sorted', definition: '(sort_name, user_id)' },
      { name: 'email', definition: '(email_key)' },
    ],
  },
  key: (event) => ({ user_id: userOfStream(event.meta.stream) }),
  project(row, event) {
    if (event.type === 'identity.user.forgotten') return undefined;
    const { stream, time } = event.meta;
    if (event.type === 'identity.user.registered') {
      const { firstName, lastName, email, language } = event.data;
      return {
        user_id: userOfStream(stream),
        ...named(firstName, lastName),
        ...addressed(email),
        language,
        stage: 'invited',
        is_locked: false,
        locked_until: null,
        second_factors: [],
        terms: [],
        registered_at: time,
        changed_at: time,
      };
    }
    const changes = row && changesOf(row, event);
    return row && changes ? { ...row, ...changes, changed_at: time } : row;
  },
});

function changesOf(
  row: UsersRow,
  event: Exclude<UserEvent, { type: 'identity.user.registered' | 'identity.user.forgotten' }>,
): Partial<UsersRow> | undefined {
  switch (event.type) {
    case 'identity.user.details-changed':
      return { ...named(event.data.firstName, event.data.lastName), language: event.data.language };
    case 'identity.user.link-issued':
      return undefined;
    case 'identity.user.activated':
      return row.stage === 'invited' ? { stage: 'activated' } : undefined;
    case 'identity.user.password-set':
      return { stage: 'ready' };
    case 'identity.user.terms-accepted':
      return { terms: [...without(row.terms, event.data.version), event.data.version] };
    case 'identity.user.email-changed':
      return addressed(event.data.email);
    case 'identity.user.second-factor-changed': {
      const { factor, change } = event.data;
      const others =
        factor !== 'passkey'
          ? without(row.second_factors, factor)
          : change === 'added'
            ? row.second_factors
            : withoutOne(row.second_factors, factor);
      return { second_factors: change === 'added' ? [...others, factor] : others };
    }
    case 'identity.user.locked':
      return { is_locked: true, locked_until: event.data.until ?? null };
    case 'identity.user.unlocked':
      return { is_locked: false, locked_until: null };
  }
}

function named(firstName: string, lastName: string) {
  return {
    first_name: firstName,
    last_name: lastName,
    sort_name: foldText(`${lastName} ${firstName}`).slice(0, SORT_NAME_MAX_LENGTH),
  };
}

function addressed(email: string) {
  return { email, email_key: emailKey(email) };
}

/** Of several passkeys one goes. */
function withoutOne(list: readonly string[], item: string): readonly string[] {
  const at = list.indexOf(item);
  return at < 0 ? list : list.toSpliced(at, 1);
}

function without(list: readonly string[], item: string): readonly string[] {
  return list.filter((other) => other !== item);
}
