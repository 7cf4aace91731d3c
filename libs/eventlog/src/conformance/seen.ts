import type { RecordBatch, SubscriptionHandler } from '../log.js';

/** What a subscription was given, by partition, and where it reads on. */
export class Seen {
  begun = 0;
  total = 0;
  readonly #keys = new Map<string, string[]>();
  readonly #positions: Map<string, bigint>;

  constructor(positions: Readonly<Record<string, bigint>> = {}) {
    this.#positions = new Map(Object.entries(positions));
  }

  handler(before?: (batch: RecordBatch) => unknown, positions = this.#positions): SubscriptionHandler {
    return {
      position: (topic, partition) => Promise.resolve(positions.get(`${topic}/${partition}`) ?? 0n),
      handle: async (batch) => {
        this.begun += 1;
        await before?.(batch);
        const name = `${batch.topic}/${batch.partition}`;
        const next = positions.get(name) ?? 0n;
        const fresh = batch.records.filter(({ offset }) => offset >= next);
        this.total += fresh.length;
        this.#keys.set(name, [...(this.#keys.get(name) ?? []), ...fresh.map(({ key }) => key)]);
        const last = batch.records.at(-1);
        if (last && last.offset >= next) positions.set(name, last.offset + 1n);
      },
    };
  }

  of(topic: string, partition: number): readonly string[] {
    return this.#keys.get(`${topic}/${partition}`) ?? [];
  }

  partitionsSince(sent: number): ReadonlySet<string> {
    return new Set(
      [...this.#keys].filter(([, seen]) => seen.some((key) => Number(key) >= sent)).map(([name]) => name),
    );
  }
}
