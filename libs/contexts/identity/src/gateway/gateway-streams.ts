import { gatewayEvents, type GatewayEvent } from '@samspill/contracts';
import type { Unit } from '@samspill/eventlog';
import { fold, streamName, type CompanyId, type DomainEvent } from '@samspill/kernel';
import { gatewayDecider, type GatewayState, type PairedGateway } from './gateway.decider.js';

/** Streams of a company that are read at a time: every code that was ever offered has one. */
const PAGE = 100;

const TYPES: ReadonlySet<string> = new Set(gatewayEvents.map(({ type }) => type));

export function gatewayStream(company: CompanyId, gateway: string): string {
  return streamName('identity.gateway', company, gateway);
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isGatewayEvent<Event extends DomainEvent>(event: Event): event is Event & GatewayEvent {
  return TYPES.has(event.type);
}

export async function loadGateway(unit: Unit, company: CompanyId, gateway: string): Promise<GatewayState> {
  const history = await unit.load(gatewayStream(company, gateway));
  return fold(gatewayDecider, history.filter(isGatewayEvent));
}

/** Every gateway of a company, those that were unpaired included, in the order of their ids, which is the order of their offers. */
export async function loadGateways(
  unit: Unit,
  company: CompanyId,
): Promise<readonly { readonly id: string; readonly state: GatewayState }[]> {
  const gateways: { readonly id: string; readonly state: GatewayState }[] = [];
  let after: string | undefined;
  do {
    const streams = await unit.streamsUnder(`identity.gateway/${company}`, after, PAGE);
    for (const [stream, history] of await unit.histories(streams)) {
      const state = fold(gatewayDecider, history.filter(isGatewayEvent));
      gateways.push({ id: stream.split('/').at(-1) ?? '', state });
    }
    after = streams.length < PAGE ? undefined : streams.at(-1);
  } while (after !== undefined);
  return gateways.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Those that may act for the company. */
export async function loadPairedGateways(unit: Unit, company: CompanyId): Promise<readonly PairedGateway[]> {
  return (await loadGateways(unit, company)).flatMap(({ id, state }) => {
    if (state.kind !== 'paired') return [];
    const { name, isConnected, report } = state;
    return [{ id, name, isConnected, report }];
  });
}
