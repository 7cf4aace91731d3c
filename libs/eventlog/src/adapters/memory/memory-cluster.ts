import { randomUUID } from 'node:crypto';
import { PlatformError } from '@samspill/kernel';
import { logNameOf } from '../../codec.js';
import type { Keeping, LogRecord, PartitionEnds, ReceivedRecord, RecordBatch } from '../../log.js';
import { DecodedRecord } from '../../received-record.js';

/** A member of a group: what it is told when the partitions are shared out anew. */
export interface GroupMember {
  readonly topics: readonly string[];
  share(partitions: readonly { readonly topic: string; readonly partition: number }[]): void;
}

/** Records of one fetch. Small, so that tests see batches cut everywhere. */
const BATCH_RECORDS = 50;

/** The topics and groups of a log in memory. It outlives the simulated processes that use it. */
export class MemoryCluster {
  readonly id = randomUUID();
  readonly #topics = new Map<string, ReceivedRecord[][]>();
  /** Names of the topics as they were made. */
  readonly #identities = new Map<string, string>();
  /** Records of these topics are there until another one with their key comes. */
  readonly #compacted = new Set<string>();
  readonly #groups = new Map<string, GroupMember[]>();
  readonly #waiting = new Set<() => void>();

  create(topic: string, partitions: number, keeping: Keeping = 'for-ever'): void {
    if (this.#topics.has(topic)) return;
    if (keeping === 'compacted') this.#compacted.add(topic);
    this.#identities.set(topic, `${this.id}/${randomUUID()}`);
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, () => []),
    );
  }

  /** Loses a topic, as an accident would. */
  drop(topic: string): void {
    this.#topics.delete(topic);
    this.#compacted.delete(topic);
  }

  keeping(topic: string): Keeping {
    return this.#compacted.has(topic) ? 'compacted' : 'for-ever';
  }

  /** Number of partitions; undefined where there is no such topic. */
  partitions(topic: string): number | undefined {
    return this.#topics.get(topic)?.length;
  }

  append(topic: string, partition: number, records: readonly LogRecord[]): bigint {
    const log = this.#partition(topic, partition);
    const base = log.length;
    records.forEach((record, index) => log.push(new DecodedRecord(record, BigInt(base + index))));
    this.wake();
    return BigInt(base);
  }

  ends(topic: string): readonly PartitionEnds[] {
    return this.#partitionsOf(topic).map((records) => ({
      begin: 0n,
      end: BigInt(records.length),
      identity: records[0] && `${this.id}/${logNameOf(records[0])}`,
    }));
  }

  identity(topic: string): string {
    this.#partitionsOf(topic);
    return this.#identities.get(topic) ?? '';
  }

  /** Records from an offset on; undefined at the end. */
  fetch(topic: string, partition: number, from: bigint): RecordBatch | undefined {
    const records = this.#partition(topic, partition);
    const end = BigInt(records.length);
    if (from > end) throw new RangeError(`${topic} partition ${partition} ends at ${end}, before ${from}`);
    const isLast = (record: ReceivedRecord): boolean =>
      records.findLast(({ key }) => key === record.key)?.offset === record.offset;
    const found = this.#compacted.has(topic)
      ? records.slice(Number(from)).filter(isLast).slice(0, BATCH_RECORDS)
      : records.slice(Number(from), Number(from) + BATCH_RECORDS);
    return found.length > 0 ? { topic, partition, records: found, highWatermark: end } : undefined;
  }

  join(group: string, member: GroupMember): void {
    this.#groups.set(group, [...(this.#groups.get(group) ?? []), member]);
    this.#shareOut(group);
  }

  leave(group: string, member: GroupMember): void {
    const members = this.#groups.get(group) ?? [];
    if (!members.includes(member)) return;
    this.#groups.set(
      group,
      members.filter((other) => other !== member),
    );
    this.#shareOut(group);
  }

  /** Resolves when a partition is longer than this, or something else has changed, or the signal is aborted. */
  async grown(topic: string, partition: number, length: bigint, signal: AbortSignal): Promise<void> {
    if (BigInt(this.#topics.get(topic)?.[partition]?.length ?? 0) <= length) await this.changed(signal);
  }

  /** Resolves at the next change, or when the signal is aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  wake(): void {
    for (const waiting of this.#waiting) waiting();
  }

  #shareOut(group: string): void {
    const members = this.#groups.get(group) ?? [];
    const shares = new Map<GroupMember, { topic: string; partition: number }[]>(
      members.map((member) => [member, []]),
    );
    const topics = new Set(members.flatMap((member) => member.topics));
    let turn = 0;
    for (const topic of topics) {
      const interested = members.filter((member) => member.topics.includes(topic));
      for (let partition = 0; partition < (this.partitions(topic) ?? 0); partition += 1) {
        const member = interested[turn % interested.length];
        turn += 1;
        if (member) shares.get(member)?.push({ topic, partition });
      }
    }
    for (const [member, share] of shares) member.share(share);
  }

  #partition(topic: string, partition: number): ReceivedRecord[] {
    const records = this.#partitionsOf(topic)[partition];
    if (!records) throw new RangeError(`${topic} has no partition ${partition}`);
    return records;
  }

  #partitionsOf(topic: string): ReceivedRecord[][] {
    const partitions = this.#topics.get(topic);
    if (!partitions)
      throw new PlatformError('eventlog.topic-missing', `The topic ${topic} does not exist.`, false);
    return partitions;
  }
}
