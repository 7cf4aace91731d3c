import { applyRecords, logReplaced } from '../apply-records.js';
import { Incoming } from '../incoming.js';
import type { PartitionRange } from '../log.js';
import type { AdvanceTarget } from './advance.js';
import type { TopicEnds } from './units.js';

/** No partition is as long as this. */
const ENDLESS = 2n ** 60n;

/** Keeps a generation that is not live at the end of the log, until it is stopped. */
export class Follower {
  readonly #stop = new AbortController();
  readonly #following: Promise<void>;
  #failure: { readonly error: unknown } | undefined;

  private constructor(
    target: AdvanceTarget,
    ranges: readonly PartitionRange[],
    logs: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ) {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    this.#following = this.#follow(target, ranges, new Map(logs), either);
  }

  /** @param ends of every topic, for the names of their logs */
  static async start(target: AdvanceTarget, ends: TopicEnds, signal: AbortSignal): Promise<Follower> {
    const ranges: PartitionRange[] = [];
    const logs = new Map<string, string>();
    for (const own of await target.store.checkpoints(target.projection, target.generation)) {
      const { topic, partition, nextOffset, log } = own;
      const identity = ends.get(topic)?.[partition]?.identity;
      if (nextOffset > 0n && log !== identity) throw logReplaced(target.projection, own);
      if (identity !== undefined) logs.set(`${topic}/${partition}`, identity);
      ranges.push({ topic, partition, from: nextOffset, to: ENDLESS });
    }
    return new Follower(target, ranges, logs, signal);
  }

  /** @throws what following has failed with */
  check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  async #follow(
    { store, projection, generation, log, catalogue, keys }: AdvanceTarget,
    ranges: readonly PartitionRange[],
    logs: Map<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    /** A partition that was empty at the start has a name from its first record on. */
    const nameOf = async (topic: string, partition: number): Promise<string> => {
      const known = logs.get(`${topic}/${partition}`);
      const name = known ?? (await log.ends(topic))[partition]?.identity ?? '';
      logs.set(`${topic}/${partition}`, name);
      return name;
    };
    try {
      await log.read(
        ranges,
        async ({ topic, partition, records }) => {
          const incoming = records.map((record) => new Incoming(record, topic, partition, catalogue));
          await keys?.forget(incoming);
          const applied = { store, projection, generation, keys };
          await applyRecords(applied, incoming, await nameOf(topic, partition));
        },
        signal,
      );
    } catch (error) {
      if (!signal.aborted) this.#failure = { error };
    }
  }
}
