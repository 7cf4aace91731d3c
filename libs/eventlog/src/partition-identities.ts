import type { Log, PartitionEnds } from './log.js';

/** Which log each partition was when its reader was last told where to go on: what checkpoints and positions are kept with. */
export class PartitionIdentities {
  readonly #byPlace = new Map<string, string>();

  constructor(private readonly log: Pick<Log, 'ends'>) {}

  /** What a reader is about to read. An empty partition is no log yet, whatever it was before its topic was made anew. */
  begin(topic: string, partition: number, { identity }: Pick<PartitionEnds, 'identity'>): void {
    const place = `${topic}/${partition}`;
    if (identity === undefined) this.#byPlace.delete(place);
    else this.#byPlace.set(place, identity);
  }

  /** Of a partition that a record came from. @throws PlatformError `eventlog.topic-missing`, `eventlog.log-unreachable` */
  async of(topic: string, partition: number): Promise<string> {
    const place = `${topic}/${partition}`;
    const known = this.#byPlace.get(place);
    if (known !== undefined) return known;
    const identity = (await this.log.ends(topic))[partition]?.identity;
    if (identity === undefined) throw new Error(`${place} is empty though a record came from it`);
    this.#byPlace.set(place, identity);
    return identity;
  }
}
