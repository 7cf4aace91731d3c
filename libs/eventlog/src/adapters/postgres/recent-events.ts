import type { StoredEvent } from '../../event-store.js';

/** What this process may hold of its own appends until they are published; more is read from the table again. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Roughly what an event takes besides its data. */
const EVENT_OVERHEAD_BYTES = 1_000;

/**
 * Events that this process has just appended, by position, so that its relay need not read them back: that costs as much as writing
 * them did. Only a shortcut: the outbox says what is to be published, and what is not here is read from the table.
 *
 * They are those of one incarnation of the database: one that was put back from a backup gives the same positions to other events.
 */
export class RecentEvents {
  readonly #events = new Map<string, StoredEvent>();
  #bytes = 0;
  #incarnation: string | undefined;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /** To be called with the incarnation that positions were had from, before anything else. */
  in(incarnation: string): this {
    if (this.#incarnation === incarnation) return this;
    this.#events.clear();
    this.#bytes = 0;
    this.#incarnation = incarnation;
    return this;
  }

  /** The oldest go when there are too many: another process may be the one that publishes them. */
  add(position: string, event: StoredEvent): void {
    this.#events.set(position, event);
    this.#bytes += sizeOf(event);
    if (this.#bytes > this.maxBytes) this.#dropOldest();
  }

  get(position: string): StoredEvent | undefined {
    return this.#events.get(position);
  }

  remove(position: string): void {
    const event = this.#events.get(position);
    if (event && this.#events.delete(position)) this.#bytes -= sizeOf(event);
  }

  #dropOldest(): void {
    for (const oldest of this.#events.keys()) {
      if (this.#bytes <= this.maxBytes) return;
      this.remove(oldest);
    }
  }
}

function sizeOf(event: StoredEvent): number {
  return event.value.length + EVENT_OVERHEAD_BYTES;
}
