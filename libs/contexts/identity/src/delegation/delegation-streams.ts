import { delegationEvents, type DelegationEvent } from '@samspill/contracts';
import type { Unit } from '@samspill/eventlog';
import { fold, streamName, type CompanyId, type DomainEvent, type Recorded } from '@samspill/kernel';
import { delegationDecider, type DelegationState } from './delegation.decider.js';

/** Streams of a company that are read at a time: every bureau that ever acted for it has one. */
const PAGE = 100;

const TYPES: ReadonlySet<string> = new Set(delegationEvents.map(({ type }) => type));

export function delegationStream(client: CompanyId, bureau: string): string {
  return streamName('identity.delegation', client, bureau);
}

export interface LoadedDelegation {
  readonly bureau: string;
  readonly products: DelegationState;
  readonly history: readonly Recorded<DelegationEvent>[];
}

/** What each bureau may do for a company, those included that may do nothing any more. */
export async function loadDelegations(unit: Unit, client: CompanyId): Promise<readonly LoadedDelegation[]> {
  const delegations: LoadedDelegation[] = [];
  let after: string | undefined;
  do {
    const streams = await unit.streamsUnder(`identity.delegation/${client}`, after, PAGE);
    for (const [stream, events] of await unit.histories(streams)) {
      const history = events.filter(isDelegationEvent);
      const products = fold(delegationDecider, history);
      delegations.push({ bureau: stream.split('/').at(-1) ?? '', products, history });
    }
    after = streams.length < PAGE ? undefined : streams.at(-1);
  } while (after !== undefined);
  return delegations;
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isDelegationEvent<Event extends DomainEvent>(event: Event): event is Event & DelegationEvent {
  return TYPES.has(event.type);
}
