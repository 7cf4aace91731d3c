import type { UserEvent } from '@samspill/contracts';
import type { CommandContext, EventLog, SqlStatement } from '@samspill/eventlog';
import { isRejection, PlatformError, type Recorded, type Rejection } from '@samspill/kernel';
import {
  MAX_RECORDS,
  noSuchKind,
  type FoundPerson,
  type KeptData,
  type PersonClues,
  type PersonErased,
  type PersonFindings,
  type PersonLifted,
  type PersonRequests,
  type PersonSelection,
} from '@samspill/platform';
import type { UserDesk } from '../user/user-desk.js';
import { isUserEvent, userOfStream } from '../user/user-stream.js';
import { ERP_KINDS, ErpPersons, isErpKind } from './erp-persons.js';
import { isNamedBy, matchesOf, reasonNames } from './person-match.js';
import { userHistory } from './user-history.js';

const KIND = 'user';
const KINDS = [KIND, ...ERP_KINDS];
const USER_LISTS = ['identity.users'];
const ERP_LISTS = ['identity.erp-users', 'identity.employees'];
const USER_STREAMS = 'identity.user';
/** Streams that are read at once by a search, which reads all users: some tens of kilobytes each at most. */
const STREAMS_AT_ONCE = 200;
/** How long a request waits for the list of users to be clear. */
const SETTLE_TIMEOUT_MS = 20_000;

const KEEPS: readonly KeptData[] = [
  {
    what: 'Users: first and last name, e-mail address, language, and what they did to sign in',
    note: 'Searched, also by what they were before. Users belong to no company: whoever is forgotten is so in all of them.',
  },
  {
    what: 'How users prove who they are: hashes of passwords, second factors, sessions, and when it was tried',
    note: 'Not searched, and told to nobody. Removed with the user.',
  },
  {
    what: 'Users and employees of the company’s business system: names, the name that they sign in with there, e-mail address, phone',
    note: 'Searched, also by what they were before. Whoever is forgotten is left out of what gateways send, until that is lifted; mend the business system too.',
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

/** What identity answers when somebody asks for a person: users, and those of companies' business systems. */
export class IdentityPersons implements PersonRequests {
  readonly areOf = 'no-company';

  readonly #erp: ErpPersons;

  constructor(private readonly dependencies: IdentityPersonsDependencies) {
    this.#erp = new ErpPersons(dependencies.eventLog);
  }

  async find(company: string, clues: PersonClues, context: CommandContext): Promise<PersonFindings> {
    const found: FoundPerson[] = [...(await this.#erp.find(company, clues, context))];
    let after: string | undefined;
    do {
      const page = await this.#users(after, context);
      found.push(...page.flatMap(([id, events]) => foundPerson(id, events, clues)));
      after = page.length < STREAMS_AT_ONCE ? undefined : page.at(-1)?.[0];
    } while (after !== undefined && found.length <= MAX_RECORDS);
    return { keeps: KEEPS, found: found.slice(0, MAX_RECORDS), isCut: found.length > MAX_RECORDS };
  }

  async erase(
    company: string,
    { records, reason, isDryRun }: PersonSelection & { readonly isDryRun: boolean },
    context: CommandContext,
  ): Promise<PersonErased | Rejection> {
    if (!records.every(isOfOurs)) return noSuchKind('identity', KINDS, records);
    const ofErp = records.filter(({ kind }) => isErpKind(kind));
    const ids = [...new Set(records.filter(({ kind }) => kind === KIND).map(({ reference }) => reference))];
    for (const id of ids) if (await this.#isNamedBy(reason, id, context)) return reasonNames();
    const erased =
      ofErp.length > 0 ? await this.#erp.erase(company, ofErp, { reason, isDryRun }, context) : [];
    if (isRejection(erased)) return erased;
    const users = await this.#eraseUsers(ids, reason, isDryRun, context);
    if (isRejection(users)) return users;
    const waitsFor = isDryRun
      ? undefined
      : ((await this.#settle(ids, USER_LISTS)) ??
        (await this.#settle(ofErp.length > 0 ? [company] : [], ERP_LISTS)));
    return {
      isDryRun,
      records: [...users, ...erased],
      remains: REMAINS,
      ...(waitsFor !== undefined && { waitsFor }),
    };
  }

  /** Nothing refuses a forgotten user's address: it can be registered anew, as somebody else's. */
  async lift(
    company: string,
    { records, reason }: PersonSelection,
    context: CommandContext,
  ): Promise<PersonLifted | Rejection> {
    if (!records.every(isOfOurs)) return noSuchKind('identity', KINDS, records);
    const ofErp = records.filter(({ kind }) => isErpKind(kind));
    const lifted = ofErp.length > 0 ? await this.#erp.lift(company, ofErp, reason, context) : [];
    if (isRejection(lifted)) return lifted;
    const users = records
      .filter(({ kind }) => kind === KIND)
      .map(({ reference }) => ({ kind: KIND, reference, outcome: 'not-forgotten' as const }));
    return { records: [...users, ...lifted] };
  }

  async #eraseUsers(
    ids: readonly string[],
    reason: string,
    isDryRun: boolean,
    context: CommandContext,
  ): Promise<PersonErased['records'] | Rejection> {
    const { users, removeCredentials } = this.dependencies;
    const outcomes: PersonErased['records'][number][] = [];
    for (const id of ids) {
      const isForgotten = userHistory(await users.history(id, context)).state === 'forgotten';
      const outcome = isDryRun
        ? (['would-be-forgotten', 'forgotten-before'] as const)[Number(isForgotten)]
        : await users.forget(id, reason, context, removeCredentials(id));
      if (isRejection(outcome)) return outcome;
      outcomes.push({ kind: KIND, reference: id, outcome: outcome ?? 'would-be-forgotten' });
    }
    return outcomes;
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
    return isNamedBy(reason, [...fields, ...former]);
  }

  /** @param keys of the events that forget them */
  async #settle(keys: readonly string[], lists: readonly string[]): Promise<string | undefined> {
    try {
      for (const key of keys) await this.dependencies.eventLog.settled(key, lists, SETTLE_TIMEOUT_MS);
      return undefined;
    } catch (error) {
      if (!(error instanceof PlatformError && error.code === 'eventlog.not-settled')) throw error;
      return `A list is behind (${error.message}). Rows are gone when it has caught up, by itself.`;
    }
  }
}

function foundPerson(
  id: string,
  events: readonly Recorded<UserEvent>[],
  clues: PersonClues,
): readonly FoundPerson[] {
  const { state, fields, former } = userHistory(events);
  if (state === 'none') return [];
  const matches = matchesOf([...fields, ...former], KIND, id, clues);
  if (matches.length === 0) return [];
  return [{ kind: KIND, reference: id, state, matches, fields, former, elsewhere: [], related: [] }];
}

function isOfOurs({ kind }: { readonly kind: string }): boolean {
  return kind === KIND || isErpKind(kind);
}
