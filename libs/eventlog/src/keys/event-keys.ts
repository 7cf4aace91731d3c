import { PlatformError } from '@samspill/kernel';
import type { Incoming } from '../incoming.js';

/** A key when it is needed; undefined where it has been forgotten. @throws PlatformError `eventlog.master-key-missing` */
export type LazyKey = () => Buffer | undefined;

/** What those who fold events need of keys. */
export interface EventKeys {
  /**
   * Looks up, in one go, the keys that events are sealed with: to be called before any of them is read. An event whose key has been
   * forgotten reads as its forgotten form.
   * @throws PlatformError `eventlog.key-awaited` where a key has not arrived yet
   */
  unlock(events: readonly Incoming[]): Promise<void>;
  /** Whether events of this type forget somebody. */
  forgets(type: string): boolean;
  /** Drops the keys that events say are forgotten. As often as may be. */
  forget(events: readonly Incoming[]): Promise<void>;
}

/** Events are read in groups of so many where their keys are looked up as they come: a key takes some 200 bytes meanwhile. */
const GROUP = 5_000;

/** Hands events on in groups, with their keys looked up: those of the next group while the last one is being used. */
export async function* unlockedGroups(
  events: Iterable<Incoming> | AsyncIterable<Incoming>,
  keys: EventKeys | undefined,
): AsyncGenerator<readonly Incoming[]> {
  const groups = inGroups(events);
  const following = async (): Promise<readonly Incoming[] | undefined> => {
    const { value, done } = await groups.next();
    if (done === true) return undefined;
    await keys?.unlock(value);
    return value;
  };
  let next = following();
  try {
    for (let group = await next; group; group = await next) {
      next = following();
      next.catch(() => undefined); // met when it is its turn
      yield group;
    }
  } finally {
    await next.catch(() => undefined); // whoever asked has gone, or has been told
    await groups.return(undefined);
  }
}

/** The last one may be empty. */
async function* inGroups(
  events: Iterable<Incoming> | AsyncIterable<Incoming>,
): AsyncGenerator<readonly Incoming[], undefined> {
  let group: Incoming[] = [];
  for await (const event of events) {
    group.push(event);
    if (group.length < GROUP) continue;
    yield group;
    group = [];
  }
  yield group;
}

/** Hands events on with their keys looked up. */
export async function* unlocked(
  events: Iterable<Incoming> | AsyncIterable<Incoming>,
  keys: EventKeys | undefined,
): AsyncGenerator<Incoming> {
  for await (const group of unlockedGroups(events, keys)) yield* group;
}

/** An event is sealed and nobody has looked up its key. */
export function locked(stream: string): PlatformError {
  return new PlatformError(
    'eventlog.keys-not-given',
    `Personal data of ${stream} is sealed, and this service was given no keys to read it with.`,
    false,
  );
}
