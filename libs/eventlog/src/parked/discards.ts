import { PlatformError, streamName, type Projection } from '@samspill/kernel';
import { parkedDiscarded } from '@samspill/contracts';
import type { EventStore } from '../event-store.js';

/** Where it is written what has been discarded for a projection: one stream, so that it is read at once. */
export function discardStream(context: string, projection: string): string {
  return streamName(`${context}.parked`, projection);
}

/** An event by its stream and its version there, which it keeps wherever it lies on the log. */
export interface EventName {
  readonly stream: string;
  readonly version: number;
}

interface Known {
  /** Version of the stream of discards that has been read. */
  version: number;
  readonly events: Map<string, EventName>;
}

/**
 * What operators have discarded, by projection, as this process knows it from the service's own event store. What it knows stays true:
 * discarding is not taken back.
 */
export class Discards {
  readonly #known: ReadonlyMap<string, Known>;

  constructor(
    private readonly store: EventStore,
    private readonly context: string,
    projections: readonly string[],
  ) {
    this.#known = new Map(projections.map((name) => [name, { version: 0, events: new Map() }]));
  }

  /** A projection that takes what has been discarded for it for not there. */
  applyTo(projection: Projection): Projection {
    const events = this.#known.get(projection.name)?.events;
    if (!events) return projection;
    return { ...projection, isDiscarded: (event) => events.size > 0 && events.has(keyOf(event)) };
  }

  of(projection: string): readonly EventName[] {
    return [...(this.#known.get(projection)?.events.values() ?? [])];
  }

  has(projection: string, event: EventName): boolean {
    return this.#known.get(projection)?.events.has(keyOf(event)) === true;
  }

  /** Reads what has been discarded since the last time. */
  async refresh(): Promise<void> {
    const streams = [...this.#known.keys()].map((name) => discardStream(this.context, name));
    const heads = await this.store.heads(streams);
    for (const [name, known] of this.#known) {
      const stream = discardStream(this.context, name);
      if ((heads.get(stream)?.version ?? 0) <= known.version) continue;
      for (const event of await this.store.read(stream, known.version + 1)) {
        const discarded = decode(this.context, event.value);
        known.events.set(keyOf(discarded), discarded);
        known.version = Math.max(known.version, event.version);
      }
    }
  }
}

function keyOf({ stream, version }: EventName): string {
  return `${stream}@${version}`;
}

function decode(context: string, value: Buffer): EventName {
  const parsed = parkedDiscarded(context).schema.safeParse(JSON.parse(value.toString('utf8')));
  if (parsed.success) return { stream: parsed.data.stream, version: parsed.data.version };
  throw new PlatformError(
    'eventlog.unreadable-event',
    `An event of ${context}.parked cannot be read: ${parsed.error.message}`,
    false,
  );
}
