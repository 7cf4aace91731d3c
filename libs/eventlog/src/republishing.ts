import { reject, type Rejection } from '@samspill/kernel';
import type { EventStore, Publication } from './event-store.js';
import type { Log, PartitionEnds } from './log.js';
import type { LogManifest } from './manifest.js';
import { continues } from './reconcile.js';
import { topicStatuses } from './topic-status.js';

/**
 * How a service's topic stands to its event store. `missing`: there is no such topic. `not-as-declared`: it can not be published to.
 * `lacking`: some of what was published is not there. `filling`: all that it lacks is on its way. `in-step`: nothing is to be done.
 */
export type TopicState = 'missing' | 'not-as-declared' | 'lacking' | 'filling' | 'in-step';

export interface RepublishStatus {
  readonly topic: string;
  readonly state: TopicState;
  /** Why it is so, in sentences. */
  readonly why: readonly string[];
  /** Events that are on the topic now, repeats among them. */
  readonly onLog: number;
  /** Events of the event store; only where they were to be counted. */
  readonly stored?: number;
  /** Events that wait to be published, counted up to a bound. */
  readonly waiting: number;
  /** Partitions that lack what was published to them. */
  readonly lacking: readonly number[];
}

export interface RepublishingDependencies {
  readonly manifest: LogManifest;
  readonly eventStore: EventStore;
  readonly log: Log;
  readonly partitions: number;
  /** Has this process let go of what it publishes, and compare store and log before it publishes again. */
  readonly reopen: () => void;
}

/** A topic that was lost, or made anew, filled again from the event store: same keys, partitions, times and order, another log identity. */
export class Republishing {
  constructor(private readonly dependencies: RepublishingDependencies) {}

  /** @param counted whether the stored events are counted, which reads all of them */
  async status(counted: boolean): Promise<RepublishStatus> {
    const { manifest, eventStore, log, partitions } = this.dependencies;
    const { topic } = manifest;
    const { count: waiting } = await eventStore.backlog();
    const stored = counted ? { stored: await eventStore.count() } : {};
    const own = (await topicStatuses(manifest, log, partitions)).find((status) => status.topic === topic);
    if (!own?.found)
      return {
        topic,
        state: 'missing',
        why: own?.faults ?? [],
        onLog: 0,
        ...stored,
        waiting,
        lacking: [...(await eventStore.publications()).map(({ shard }) => shard)],
      };
    const found = { topic, onLog: own.found.events, ...stored, waiting };
    if (own.faults.length > 0) return { ...found, state: 'not-as-declared', why: own.faults, lacking: [] };
    const faults = lackingOf(topic, await eventStore.publications(), await log.ends(topic));
    const lacking = faults.map(({ shard }) => shard);
    const why = faults.map(({ reason }) => reason);
    const isFilling = lacking.length === 0 && waiting > 0;
    return {
      ...found,
      state: lacking.length > 0 ? 'lacking' : isFilling ? 'filling' : 'in-step',
      why,
      lacking,
    };
  }

  /** Has the topic compared with the event store, and what it lacks published, by whichever instance publishes. */
  async start(): Promise<RepublishStatus | Rejection> {
    const status = await this.status(false);
    if (status.state === 'missing')
      return reject(
        'republish.topic-not-found',
        `${status.topic} does not exist. Have it made first, with the partitions that it is declared with.`,
      );
    if (status.state === 'not-as-declared')
      return reject(
        'republish.drift-conflict',
        `${status.topic} cannot be filled: ${status.why.join(' ')} Remove it, and have it made anew.`,
      );
    this.dependencies.reopen();
    return status;
  }
}

/** Shards whose partition is not the one that was published to, or is shorter than what was published. */
function lackingOf(
  topic: string,
  publications: readonly Publication[],
  ends: readonly PartitionEnds[],
): readonly { readonly shard: number; readonly reason: string }[] {
  return publications.flatMap((publication) => {
    const { shard, log, offset } = publication;
    const end = ends[shard];
    if (end && continues(publication, end)) return [];
    const reason =
      end?.identity === undefined
        ? `${topic}:${shard} is empty, though events were published to it.`
        : end.identity === log
          ? `${topic}:${shard} ends at offset ${end.end}, though events were published up to offset ${offset}.`
          : `${topic}:${shard} was made anew since events were published to it.`;
    return [{ shard, reason }];
  });
}
