import { PlatformError } from '@samspill/kernel';
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

  /**
   * How far the live rows of a projection have come, as a text that is another one whenever they have changed: for those who keep something
   * of them in memory.
   * @throws PlatformError `eventlog.no-generation`, retryable; `eventlog.unknown-projection`
   */
  async progress(name: string): Promise<string> {
    const projection = this.manifest.projections.find((candidate) => candidate.name === name);
    if (!projection)
      throw new PlatformError('eventlog.unknown-projection', `There is no projection ${name}.`, false);
    const live = (await this.store.generations(projection)).find(({ state }) => state === 'live');
    if (!live) throw new PlatformError('eventlog.no-generation', `${name} has not been built yet.`, true);
    const places = await this.store.checkpoints(projection, live.number);
    const offsets = places.map(({ topic, partition, nextOffset }) => `${topic}/${partition}=${nextOffset}`);
    return [live.number, ...offsets.sort()].join(' ');
  }

  /** The topics that the service needs, beside what is declared. */
  async topics(): Promise<readonly TopicStatus[]> {
    return await topicStatuses(this.manifest, this.log, this.partitions, this.keysTopic);
  }
}
