import type { EventCatalogue } from '@samspill/contracts';
import type { DomainEvent } from '@samspill/kernel';
import type { ReservationChange, StoredEvent } from './event-store.js';
import { openValue } from './keys/sealed-value.js';
import type { ReservationRule } from './manifest.js';

/**
 * What events do to names by the rules of their context, in the order of the events: the same when they are written and when they
 * are taken in from the log. Names come from public fields only. An event gives back before it takes, so that one may exchange a name.
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
      // Names are public: what is personal of an event is not looked at.
      const parse = (): unknown => openValue(stored.value, undefined, stored);
      const decoded = catalogue.decodeWith(stored.type, stored.schemaVersion, parse);
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
