import { reasonOf, type Delivery, type EventMeta, type Reactor } from '@samspill/kernel';
import { MAX_STREAM_BYTES } from '../codec.js';
import type { Incoming } from '../incoming.js';
import { contentHash } from './content-hash.js';
import type { Intention, LedgerEntry } from './delivery.js';

/** What a reactor makes of one event. */
export type Reaction =
  | { readonly kind: 'deliveries'; readonly cause: EventMeta; readonly deliveries: readonly Reacted[] }
  | { readonly kind: 'unusable'; readonly reason: string };

export interface Reacted {
  readonly intention: Intention;
  readonly payload: object;
}

/** Begins the names of entries that stand for events which could not be made into deliveries. */
export const SET_ASIDE = 'event/';
/** Our code for such entries. */
export const UNUSABLE_EVENT = 'reactor.event-unusable';
/** Room for the names of the context and the reactor in the name of a thing's stream of outcomes. */
const MAX_THING_BYTES = MAX_STREAM_BYTES - 200;

/** Asks a reactor what an event means outside. Whatever it throws makes the event unusable; others go on. */
export function reactTo(reactor: Reactor, event: Incoming): Reaction {
  const reading = event.read();
  if (reading.kind === 'unreadable') return { kind: 'unusable', reason: reading.reason };
  try {
    const deliveries = reactor.react(reading.event).map((delivery) => reacted(event, delivery));
    const names = new Set(deliveries.map(({ intention }) => intention.thing));
    if (names.size < deliveries.length) return { kind: 'unusable', reason: 'it asks for one thing twice' };
    const unusable = deliveries.find(({ intention }) => !isUsable(intention.thing));
    if (unusable)
      return {
        kind: 'unusable',
        reason: `«${unusable.intention.thing.slice(0, 80)}» cannot be a thing's name`,
      };
    return { kind: 'deliveries', cause: reading.event.meta, deliveries };
  } catch (error) {
    return { kind: 'unusable', reason: reasonOf(error) };
  }
}

/** The entry of an event that no deliveries could be made of: shown with what could not be delivered, and tried again like it. */
export function setAside(event: Incoming, reason: string, now: Date): LedgerEntry {
  return {
    thing: `${SET_ASIDE}${event.stream}`,
    key: event.stored.key,
    stream: event.stream,
    version: event.version,
    content: '',
    place: { topic: event.topic, partition: event.partition, offset: event.offset },
    state: 'refused',
    isChanged: true,
    isInDoubt: false,
    attempts: 0,
    dueAt: now.toISOString(),
    code: UNUSABLE_EVENT,
    words: reason,
  };
}

function reacted(event: Incoming, { thing, payload }: Delivery): Reacted {
  const { key } = event.stored;
  const { stream, version, topic, partition, offset } = event;
  const place = { topic, partition, offset };
  return { intention: { thing, key, stream, version, content: contentHash(payload), place }, payload };
}

function isUsable(thing: string): boolean {
  return (
    thing !== '' &&
    !thing.startsWith(SET_ASIDE) &&
    !thing.includes('\u0000') &&
    Buffer.byteLength(thing) <= MAX_THING_BYTES
  );
}
