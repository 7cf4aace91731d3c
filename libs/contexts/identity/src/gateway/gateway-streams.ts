import { gatewayEvents, type GatewayEvent } from '@samspill/contracts';
import type { Unit } from '@samspill/eventlog';
import { fold, streamName, type CompanyId, type DomainEvent } from '@samspill/kernel';
import { gatewayDecider, type GatewayState, type PairedGateway } from './gateway.decider.js';

/** More gateways than any company pairs; a bound, so that no answer is without one. */
export const MAX_GATEWAYS = 100;

const TYPES: ReadonlySet<string> = new Set(gatewayEvents.map(({ type }) => type));

export function gatewayStream(company: CompanyId, gateway: string): string {
  return streamName('identity.gateway', company, gateway);
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isGatewayEvent<Event extends DomainEvent>(event: Event): event is Event & GatewayEvent {
  return TYPES.has(event.type);
}

/** Every gateway of a company, those that were unpaired included, in the order of their ids, which is the order of their offers. */
export async function loadGateways(
  unit: Unit,
  company: CompanyId,
): Promise<readonly { readonly id: string; readonly state: GatewayState }[]> {
  const streams = await unit.streamsUnder(`identity.gateway/${company}`, undefined, MAX_GATEWAYS);
  const histories = await unit.histories(streams);
  return [...histories]
    .map(([stream, history]) => ({
      id: stream.split('/').at(-1) ?? '',
      state: fold(gatewayDecider, history.filter(isGatewayEvent)),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Those that may act for the company. */
export async function loadPairedGateways(unit: Unit, company: CompanyId): Promise<readonly PairedGateway[]> {
  return (await loadGateways(unit, company)).flatMap(({ id, state }) => {
    if (state.kind !== 'paired') return [];
    const { name, isConnected, report } = state;
    return [{ id, name, isConnected, report }];
  });
}
