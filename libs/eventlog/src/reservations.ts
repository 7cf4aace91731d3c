import type { EventCatalogue } from '@samspill/contracts';
import type { DomainEvent } from '@samspill/kernel';
import type { NameChange, ReservationChange, StoredEvent } from './event-store.js';
import { keyIdOf, openValue } from './keys/sealed-value.js';
import type { SubjectKeys } from './keys/subject-keys.js';
import type { ReservationRule } from './manifest.js';

/**
 * What events do to names by the rules of their context, in the order of the events: the same when they are written and when they
 * are taken in from the log. An event gives back before it takes, so that one may exchange a name. Where names are personal, an event
 * whose person has been forgotten is read in its forgotten form, which a rule takes no name from.
 * @param keys undefined where personal data is not sealed
 * @throws PlatformError `eventlog.key-awaited` where a name is sealed and its key has not arrived
 */
export async function reservationsOf(
  rules: readonly ReservationRule[],
  catalogue: EventCatalogue,
  keys: Pick<SubjectKeys, 'of'> | undefined,
  events: readonly StoredEvent[],
): Promise<readonly ReservationChange[]> {
  const personal = rules.filter(({ isPersonal }) => isPersonal === true);
  const sealed = events.filter(({ type }) => personal.some(({ effects }) => type in effects));
  const found = sealed.length > 0 ? await keys?.of(sealed) : undefined;
  const changes: ReservationChange[] = [];
  for (const stored of events) {
    for (const { scope, effects, isPersonal } of rules) {
      const effect = effects[stored.type];
      if (!effect) continue;
      const id = isPersonal === true ? keyIdOf(stored.value) : undefined;
      const parse = (): unknown =>
        openValue(stored.value, id === undefined ? undefined : found?.get(id)?.open(), stored);
      const decoded = catalogue.decodeWith(stored.type, stored.schemaVersion, parse);
      if (decoded.kind !== 'event') continue;
      const event: DomainEvent = { type: stored.type, data: decoded.data };
      const owner = stored.stream;
      const change = (kind: NameChange['kind'], name: string): NameChange => {
        return { kind, scope, name, owner, time: stored.time };
      };
      if (effect.givesAll === true) changes.push({ kind: 'give-all', scope, owner });
      changes.push(...(effect.give?.(event) ?? []).map((name) => change('give', name)));
      changes.push(...(effect.take?.(event) ?? []).map((name) => change('take', name)));
    }
  }
  return changes;
}
