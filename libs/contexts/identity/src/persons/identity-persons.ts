import { foldText, type UserEvent } from '@samspill/contracts';
import type { CommandContext, EventLog, SqlStatement } from '@samspill/eventlog';
import { isRejection, PlatformError, reject, type Recorded, type Rejection } from '@samspill/kernel';
import {
  MAX_RECORDS,
  noSuchKind,
  type FoundPerson,
  type KeptData,
  type PersonClues,
  type PersonErased,
  type PersonFindings,
  type PersonLifted,
  type PersonMatch,
  type PersonRequests,
  type PersonSelection,
} from '@samspill/platform';
import { emailKey } from '../user/email-key.js';
import type { UserDesk } from '../user/user-desk.js';
import { isUserEvent, userOfStream } from '../user/user-stream.js';
import { userHistory } from './user-history.js';

const KIND = 'user';
const USER_STREAMS = 'identity.user';
/** Streams that are read at once by a search, which reads all users: some tens of kilobytes each at most. */
const STREAMS_AT_ONCE = 200;
/** How long a request waits for the list of users to be clear. */
const SETTLE_TIMEOUT_MS = 20_000;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;

const KEEPS: readonly KeptData[] = [
  {
    what: 'Users: first and last name, e-mail address, language, and what they did to sign in',
    note: 'Searched, also by what they were before. Users belong to no company: whoever is forgotten is so in all of them.',
  },
  {
    what: 'How users prove who they are: hashes of passwords, second factors, sessions',
    note: 'Not searched, and told to nobody. Removed with the user.',
  },
  {
    what: 'Companies: name, organisation number, address',
    note: 'What public registers say of a company, and no person’s record. It is not searched, and stays for as long as the company is registered.',
  },
];

const REMAINS: PersonErased['remains'] = [
  {
    what: 'The id of the user, in the names of events and as who did something',
    why: 'It says that the same person did it, and not who that was.',
  },
  {
    what: 'Mails that were sent, and backups from before',
    why: 'They are out of this service’s reach. A database that is put back from a backup forgets again as soon as it has read the log.',
  },
];

export interface IdentityPersonsDependencies {
  readonly eventLog: Pick<EventLog, 'transact' | 'settled'>;
  readonly users: UserDesk;
  /** Removes all that a user signs in with; commits or fails with the event that forgets them. */
  readonly removeCredentials: (user: string) => readonly SqlStatement[];
}

/** What identity answers when an administrator asks for a person: the users. */
export class IdentityPersons implements PersonRequests {
  readonly areOf = 'no-company';

  constructor(private readonly dependencies: IdentityPersonsDependencies) {}

  async find(_company: string, clues: PersonClues, context: CommandContext): Promise<PersonFindings> {
    const found: FoundPerson[] = [];
    let after: string | undefined;
    do {
      const page = await this.#users(after, context);
      found.push(...page.flatMap(([id, events]) => foundPerson(id, events, clues)));
      after = page.length < STREAMS_AT_ONCE ? undefined : page.at(-1)?.[0];
    } while (after !== undefined && found.length <= MAX_RECORDS);
    return { keeps: KEEPS, found: found.slice(0, MAX_RECORDS), isCut: found.length > MAX_RECORDS };
  }

  async erase(
    _company: string,
    { records, reason, isDryRun }: PersonSelection & { readonly isDryRun: boolean },
    context: CommandContext,
  ): Promise<PersonErased | Rejection> {
    if (records.some(({ kind }) => kind !== KIND)) return noSuchKind('identity', [KIND], records);
    const { users, removeCredentials } = this.dependencies;
    const ids = [...new Set(records.map(({ reference }) => reference))];
    for (const id of ids) if (await this.#isNamedBy(reason, id, context)) return reasonNames();
    const outcomes: PersonErased['records'][number][] = [];
    for (const id of ids) {
      const isForgotten = userHistory(await users.history(id, context)).state === 'forgotten';
      const outcome = isDryRun
        ? (['would-be-forgotten', 'forgotten-before'] as const)[Number(isForgotten)]
        : await users.forget(id, reason, context, removeCredentials(id));
      if (isRejection(outcome)) return outcome;
      outcomes.push({ kind: KIND, reference: id, outcome: outcome ?? 'would-be-forgotten' });
    }
    const waitsFor = isDryRun ? undefined : await this.#settle(ids);
    return {
      isDryRun,
      records: outcomes,
      remains: REMAINS,
      ...(waitsFor !== undefined && { waitsFor }),
    };
  }

  /** Nothing refuses a forgotten user's address: it can be registered anew, as somebody else's. */
  lift(_company: string, { records }: PersonSelection): Promise<PersonLifted | Rejection> {
    if (records.some(({ kind }) => kind !== KIND))
      return Promise.resolve(noSuchKind('identity', [KIND], records));
    const lifted = records.map(({ reference }) => {
      return { kind: KIND, reference, outcome: 'not-forgotten' as const };
    });
    return Promise.resolve({ records: lifted });
  }

  async #users(
    after: string | undefined,
    context: CommandContext,
  ): Promise<readonly (readonly [string, readonly Recorded<UserEvent>[]])[]> {
    return await this.dependencies.eventLog.transact(context, async (unit) => {
      const from = after === undefined ? undefined : `${USER_STREAMS}/${after}`;
      const streams = await unit.streamsUnder(USER_STREAMS, from, STREAMS_AT_ONCE);
      const histories = await unit.histories(streams);
      return streams.map(
        (stream) => [userOfStream(stream), (histories.get(stream) ?? []).filter(isUserEvent)] as const,
      );
    });
  }

  async #isNamedBy(reason: string, id: string, context: CommandContext): Promise<boolean> {
    const { fields, former } = userHistory(await this.dependencies.users.history(id, context));
    const said = wordsOf(reason);
    const lower = reason.toLowerCase();
    return [...fields, ...former].some(({ field, value }) => {
      if (field === '/email') return lower.includes(value.toLowerCase());
      return field === '/lastName' && wordsOf(value).every((word) => said.includes(word));
    });
  }

  async #settle(ids: readonly string[]): Promise<string | undefined> {
    try {
      for (const id of ids)
        await this.dependencies.eventLog.settled(id, ['identity.users'], SETTLE_TIMEOUT_MS);
      return undefined;
    } catch (error) {
      if (!(error instanceof PlatformError && error.code === 'eventlog.not-settled')) throw error;
      return `The list of users is behind (${error.message}). Rows are gone when it has caught up, by itself.`;
    }
  }
}

function foundPerson(
  id: string,
  events: readonly Recorded<UserEvent>[],
  { email, name, records }: PersonClues,
): readonly FoundPerson[] {
  const { state, fields, former } = userHistory(events);
  if (state === 'none') return [];
  const all = [...fields, ...former];
  const matches: PersonMatch[] = [];
  if (records?.some(({ kind, reference }) => kind === KIND && reference === id) === true)
    matches.push({ by: 'record', isExact: true, field: '' });
  if (email !== undefined && all.some(({ field, value }) => isAddress(field, value, email)))
    matches.push({ by: 'email', isExact: true, field: '/email' });
  if (name !== undefined && isNamed(all, name))
    matches.push({ by: 'name', isExact: false, field: '/lastName' });
  if (matches.length === 0) return [];
  return [{ kind: KIND, reference: id, state, matches, fields, former, elsewhere: [], related: [] }];
}

function isAddress(field: string, value: string, email: string): boolean {
  return (field === '/email' || field.startsWith('/mail/')) && emailKey(value) === emailKey(email);
}

function isNamed(
  fields: readonly { readonly field: string; readonly value: string }[],
  name: string,
): boolean {
  const known = fields
    .filter(({ field }) => field === '/firstName' || field === '/lastName')
    .flatMap(({ value }) => wordsOf(value));
  const words = wordsOf(name);
  return words.length > 0 && words.every((word) => known.includes(word));
}

function wordsOf(text: string): readonly string[] {
  return foldText(text)
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '');
}

function reasonNames(): Rejection {
  const detail =
    'The reason is kept for ever, so it must not say who is forgotten: give the number of a case.';
  return reject('person.reason-names-them', detail, [
    { pointer: '/reason', code: 'reason.personal', detail },
  ]);
}
