import { roleEvents, type RoleEvent } from '@samspill/contracts';
import type { Unit } from '@samspill/eventlog';
import { fold, streamName, type CompanyId, type DomainEvent, type Recorded } from '@samspill/kernel';
import { roleDecider, type RoleState, type RoleSubject } from './role.decider.js';

/** Streams of a company that are read at a time. */
const PAGE = 200;

const TYPES: ReadonlySet<string> = new Set(roleEvents.map(({ type }) => type));

export function roleTarget({ company, user }: RoleSubject): {
  readonly stream: string;
  readonly key: string;
} {
  const key = company === 'platform' ? user : company;
  return { stream: streamName('identity.role', company, user), key };
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isRoleEvent<Event extends DomainEvent>(event: Event): event is Event & RoleEvent {
  return TYPES.has(event.type);
}

export interface RoleHistory {
  readonly user: string;
  readonly history: readonly Recorded<RoleEvent>[];
}

/** The roles of every user who has, or had, one for a company: a page at a time. */
export async function* roleHistories(unit: Unit, company: CompanyId): AsyncGenerator<readonly RoleHistory[]> {
  let after: string | undefined;
  do {
    const streams = await unit.streamsUnder(`identity.role/${company}`, after, PAGE);
    const histories = await unit.histories(streams);
    yield [...histories].map(([stream, history]) => ({
      user: stream.split('/').at(-1) ?? '',
      history: history.filter(isRoleEvent),
    }));
    after = streams.length < PAGE ? undefined : streams.at(-1);
  } while (after !== undefined);
}

export function rolesAfter(history: Iterable<RoleEvent>): RoleState {
  return fold(roleDecider, history);
}
