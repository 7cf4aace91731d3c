import { logAnchored, type EventDefinition, type LogAnchors } from '@samspill/contracts';
import { streamName, type DomainEvent } from '@samspill/kernel';
import type { Publication } from './event-store.js';
import type { Anchor } from './log-verification.js';
import type { ReceivedRecord } from './log.js';
import type { Unit } from './unit.js';

/** Record key of what a context says about its own topic, which is no company's. */
const KEY = 'log';

/** How often the ends of a topic are written into it. An end cut off sooner shows in the event store's publications only. */
export const ANCHOR_EVERY_MS = 3_600_000;

/** What a context's topic says about how far it went. */
export class TopicAnchors {
  readonly #definition: EventDefinition<string, LogAnchors>;
  readonly #stream: string;

  constructor(private readonly context: string) {
    this.#definition = logAnchored(context);
    this.#stream = streamName(`${context}.log`, 'anchors');
  }

  /**
   * Appends how far the topic is known to go, unless that has been said: by another instance within {@link ANCHOR_EVERY_MS}, or
   * nothing has been published since.
   * @returns whether something was appended
   */
  async anchor(unit: Unit, publications: readonly Publication[]): Promise<boolean> {
    const head = (await unit.heads([this.#stream])).get(this.#stream);
    const last = head?.event;
    if (last && unit.context.now.getTime() - Date.parse(last.meta.time) < ANCHOR_EVERY_MS) return false;
    const lastData = last && this.#definition.schema.parse(last.data);
    const said = new Set(lastData?.partitions.map(({ eventId }) => eventId));
    // The last anchor itself may be what was published last.
    if (publications.every(({ eventId }) => said.has(eventId) || eventId === last?.meta.id)) return false;
    const data: LogAnchors = {
      partitions: publications.map(({ shard, offset, eventId }) => ({
        partition: shard,
        offset: offset.toString(),
        eventId,
      })),
    };
    const event: DomainEvent = { type: this.#definition.type, data };
    unit.append({ stream: this.#stream, key: KEY }, head?.version ?? 0, [event]);
    return true;
  }

  /** The claims of a record, where it is an anchor that can be read. */
  in(record: ReceivedRecord): readonly Anchor[] {
    if (record.header('ce_type') !== this.#definition.type) return [];
    const data = this.#definition.schema.safeParse(jsonOf(record.value));
    if (!data.success) return [];
    return data.data.partitions.map(({ partition, offset, eventId }) => ({
      partition,
      offset: BigInt(offset),
      eventId,
    }));
  }
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}
