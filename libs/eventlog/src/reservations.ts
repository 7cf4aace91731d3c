import type { EventCatalogue } from '@samspill/contracts';
import type { DomainEvent } from '@samspill/kernel';
import type { ReservationChange, StoredEvent } from './event-store.js';
import type { ReservationRule } from './manifest.js';

/**
 * What events do to names by the rules of their context, in the order of the events: the same when they are written and when they
 * are taken in from the log. An event gives back before it takes, so that one may exchange a name.
 */
export function reservationsOf(
  rules: readonly ReservationRule[],
  catalogue: EventCatalogue,
  events: readonly StoredEvent[],
): readonly ReservationChange[] {
  const changes: ReservationChange[] = [];
  for (const stored of events) {
    for (const { scope, effects } of rules) {
      const effect = effects[stored.type];
      if (!effect) continue;
      const decoded = catalogue.decode(stored.type, stored.schemaVersion, stored.value.toString('utf8'));
      if (decoded.kind !== 'event') continue;
      const event: DomainEvent = { type: stored.type, data: decoded.data };
      const change = (kind: ReservationChange['kind'], name: string): ReservationChange => {
        return { kind, scope, name, owner: stored.stream, time: stored.time };
      };
      changes.push(...(effect.give?.(event) ?? []).map((name) => change('give', name)));
      changes.push(...(effect.take?.(event) ?? []).map((name) => change('take', name)));
    }
  }
  return changes;
}
