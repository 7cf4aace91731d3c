import type { EventDefinition } from '@samspill/contracts';
import type { DomainEvent, Projection } from '@samspill/kernel';
import type { Reverting } from './revert/revert-rule.js';

/** Names that events take and give back, such as an organisation number by a registration. Only one stream may hold a name. */
export interface ReservationRule {
  readonly scope: string;
  /** By event type: the names that the event's stream takes or gives back. */
  readonly effects: Readonly<Record<string, ReservationEffect>>;
}

export interface ReservationEffect {
  readonly take?: (event: DomainEvent) => readonly string[];
  readonly give?: (event: DomainEvent) => readonly string[];
}

/** The one place that says what a context has on the log. Host, health, operator and docs read it; nothing is listed twice. */
export interface LogManifest {
  /** Name of the context, e.g. `contacts`. */
  readonly name: string;
  /** The service that writes the topic: `ce_source` of its events. */
  readonly source: string;
  /** The topic that this context writes. */
  readonly topic: string;
  /** Every event that it writes or reads. */
  readonly events: readonly EventDefinition[];
  readonly projections: readonly Projection[];
  readonly reservations: readonly ReservationRule[];
  /** What of it can be put back as it was; absent where nothing can. */
  readonly reverting?: Reverting;
}

/** Topics that a context needs: its own and those its projections read. */
export function topicsOf(manifest: LogManifest): readonly string[] {
  return [...new Set([manifest.topic, ...manifest.projections.flatMap((projection) => projection.topics)])];
}
