import type { EventCatalogue } from '@samspill/contracts';
import type { DomainEvent } from '@samspill/kernel';
import type { Reservation, StoredEvent } from './event-store.js';
import type { ReservationRule } from './manifest.js';

/** The names that events take and give back by the rules of their context; the same when written and when taken in from the log. */
export function reservationsOf(
  rules: readonly ReservationRule[],
  catalogue: EventCatalogue,
  events: readonly StoredEvent[],
): { readonly reserve: readonly Reservation[]; readonly release: readonly Reservation[] } {
  const reserve: Reservation[] = [];
  const release: Reservation[] = [];
  for (const rule of rules) {
    for (const stored of events) {
      const effect = rule.effects[stored.type];
      if (!effect) continue;
      const decoded = catalogue.decode(stored.type, stored.schemaVersion, stored.value.toString('utf8'));
      if (decoded.kind !== 'event') continue;
      const event: DomainEvent = { type: stored.type, data: decoded.data };
      const named = (name: string): Reservation => ({ scope: rule.scope, name, owner: stored.stream });
      release.push(...(effect.give?.(event) ?? []).map(named));
      reserve.push(...(effect.take?.(event) ?? []).map(named));
    }
  }
  return { reserve, release };
}
