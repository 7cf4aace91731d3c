import { delegationEvents, type DelegationEvent } from '@samspill/contracts';
import type { Unit } from '@samspill/eventlog';
import { fold, streamName, type CompanyId, type DomainEvent, type Recorded } from '@samspill/kernel';
import { delegationDecider, type DelegationState } from './delegation.decider.js';

/** More bureaus than act for any company. */
export const MAX_BUREAUS = 100;

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
  const streams = await unit.streamsUnder(`identity.delegation/${client}`, undefined, MAX_BUREAUS);
  return [...(await unit.histories(streams))].map(([stream, events]) => {
    const history = events.filter(isDelegationEvent);
    return { bureau: stream.split('/').at(-1) ?? '', products: fold(delegationDecider, history), history };
  });
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isDelegationEvent<Event extends DomainEvent>(event: Event): event is Event & DelegationEvent {
  return TYPES.has(event.type);
}
