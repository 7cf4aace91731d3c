import { companyEvents, companySetUpEvents } from '@samspill/contracts';
import { streamName, type CompanyId, type DomainEvent } from '@samspill/kernel';
import type { CompanyStreamEvent } from './company.decider.js';

const TYPES: ReadonlySet<string> = new Set(
  [...companyEvents, ...companySetUpEvents].map((event) => event.type),
);

export function companyStream(company: CompanyId): string {
  return streamName('identity.company', company);
}

/** By its type; its data has been checked against the schema of that type where it was decoded. */
export function isCompanyEvent<Event extends DomainEvent>(event: Event): event is Event & CompanyStreamEvent {
  return TYPES.has(event.type);
}
