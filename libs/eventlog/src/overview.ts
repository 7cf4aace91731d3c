import type { Log } from './log.js';
import type { LogManifest } from './manifest.js';
import { projectionStatus, type ProjectionStatus } from './projection-status.js';
import type { ProjectionStore } from './projection-store.js';
import { topicStatuses, type TopicStatus } from './topic-status.js';

/** How a service's projections and topics are. It only looks. */
export class Overview {
  constructor(
    private readonly manifest: LogManifest,
    private readonly store: ProjectionStore,
    private readonly log: Log,
    private readonly partitions: number,
    private readonly keysTopic?: string,
  ) {}

  /** How the live rows of each projection stand to the log. */
  async projections(): Promise<readonly ProjectionStatus[]> {
    return await Promise.all(
      this.manifest.projections.map((projection) => projectionStatus(projection, this.store, this.log)),
    );
  }

  /** The topics that the service needs, beside what is declared. */
  async topics(): Promise<readonly TopicStatus[]> {
    return await topicStatuses(this.manifest, this.log, this.partitions, this.keysTopic);
  }
}
