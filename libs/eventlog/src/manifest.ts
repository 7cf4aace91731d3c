import { createHash } from 'node:crypto';

import { personalFields, type EventDefinition } from '@samspill/contracts';
import type { Reverting } from './revert/revert-rule.js';
import { PlatformError, type DomainEvent, type Projection, type Reactor } from '@samspill/kernel';

/** Names that events take and give back, such as an organisation number by a registration. Only one stream may hold a name. */
export interface ReservationRule {
  readonly scope: string;
  /**
   * Whether names are about people, such as e-mail addresses. They are read from personal fields then, and an event that forgets the
   * person has to give them back (`givesAll`): the names stand in the service's database as they are.
   */
  readonly isPersonal?: boolean;
  /** By event type: the names that the event's stream takes or gives back. */
  readonly effects: Readonly<Record<string, ReservationEffect>>;
}

export interface ReservationEffect {
  readonly take?: (event: DomainEvent) => readonly string[];
  readonly give?: (event: DomainEvent) => readonly string[];
  /** Gives back every name of the scope that the event's stream holds, before anything is taken. */
  readonly givesAll?: boolean;
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
  /** What it does outside because of events; each needs an `Outside`, which the service gives to its event log. */
  readonly reactors?: readonly Reactor[];
}

/** Whether events that a context writes or reads say anything about people. */
export function carriesPersonalData({ events }: LogManifest): boolean {
  return events.some(({ schema }) => personalFields(schema).length > 0);
}

/** Topics that a context needs: its own and those its projections and reactors read. */
export function topicsOf(manifest: LogManifest): readonly string[] {
  const readers = [...manifest.projections, ...(manifest.reactors ?? [])];
  return [...new Set([manifest.topic, ...readers.flatMap(({ topics }) => topics)])];
}

/** Tells apart the few sets of projections that a context ever has. */
const GROUP_HASH_LENGTH = 8;

/**
 * The group whose members share the partitions that a context's projections read. Builds with other projections, or other versions of
 * them, are a group of their own: each build's rows are fed from every partition while both run, as they do during an update.
 */
export function groupOf({ name, projections }: Pick<LogManifest, 'name' | 'projections'>): string {
  const folded = projections.map((projection) => `${projection.name} ${projection.version}`).sort();
  const hash = createHash('sha256').update(folded.join('\n')).digest('hex');
  return `${name}.projections.${hash.slice(0, GROUP_HASH_LENGTH)}`;
}

/** @throws PlatformError `eventlog.unknown-projection` that names those there are */
export function projectionNamed({ projections }: Pick<LogManifest, 'projections'>, name: string): Projection {
  const projection = projections.find((candidate) => candidate.name === name);
  if (projection) return projection;
  const known = projections.map((candidate) => candidate.name).join(', ');
  const words = `There is no projection ${name}; there are ${known}.`;
  throw new PlatformError('eventlog.unknown-projection', words, false);
}
