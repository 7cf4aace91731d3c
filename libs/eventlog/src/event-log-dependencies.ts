import type { EventStore } from './event-store.js';
import type { PersonalDataOptions } from './keys/personal-data.js';
import type { Log } from './log.js';
import type { Logger } from './logger.js';
import type { LogManifest } from './manifest.js';
import type { ProjectionStore } from './projection-store.js';
import type { ProjectorState } from './projector.js';
import type { Outsides } from './reactors/outside.js';
import type { RelayState } from './relay.js';
import type { GateState } from './write-gate.js';

/** What an event log is made of. */
export interface EventLogDependencies {
  readonly manifest: LogManifest;
  readonly eventStore: EventStore;
  readonly projectionStore: ProjectionStore;
  readonly log: Log;
  readonly logger: Logger;
  /** Partitions of each topic; those of the contracts unless a test says otherwise. */
  readonly partitions?: number;
  /** Where operations put what does not fit into memory; a folder of the system's temporary one unless given. */
  readonly spillFolder?: string;
  /** Without them personal data is written as it is, and what is sealed cannot be read. */
  readonly keys?: PersonalDataOptions | undefined;
  /** Events up to which a rebuild folds partitions together; as many as pay unless a test says otherwise. */
  readonly unitEvents?: number;
  /** Where the manifest's reactors deliver to, by reactor. */
  readonly outsides?: Outsides;
}

export interface EventLogStatus {
  readonly topic: string;
  readonly gate: GateState;
  readonly relay: RelayState;
  readonly projections: ProjectorState | { readonly state: 'preparing'; readonly reason: string };
  /** What keeps keys of personal data from coming in; absent while nothing does. */
  readonly keysFailing?: string;
}
