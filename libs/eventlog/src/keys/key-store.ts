import { ConcurrencyError } from '../event-store.js';
import type { WrappedKey } from './master-keys.js';

/** Which key it is: whose, in which topic's events, and which of theirs. */
export interface KeyName {
  /** The topic whose events it seals: every context has keys of its own. */
  readonly topic: string;
  /** Whose data it seals: the name of a stream. */
  readonly subject: string;
  /** 16 random bytes, base64url. */
  readonly id: string;
}

export interface KeptKey extends KeyName {
  readonly state: 'kept';
  readonly wrapped: WrappedKey;
  /** When it was last sealed with a master key, RFC 3339: of two, the later one counts. */
  readonly wrappedAt: string;
}

export interface ForgottenKey extends KeyName {
  readonly state: 'forgotten';
  /** Id of the event by which it was forgotten. */
  readonly by: string;
}

/** A key, or what is left of one: forgotten is never the same as not there. */
export type StoredKey = KeptKey | ForgottenKey;

/** A key as a text: `<topic>/<subject>/<id>`. It is the key of its record, and what it cannot be moved away from. */
export function keyName({ topic, subject, id }: KeyName): string {
  return `${topic}/${subject}/${id}`;
}

/** A key that has just been made: on the topic of keys already, and not in the database yet. */
export interface NewKey extends KeptKey {
  /** How many keys of the subject, forgotten ones too, were known when it was made. */
  readonly others: number;
}

/** What an append does with keys, in its transaction. */
export interface AppendKeys {
  /** Keys made for its events, which come into the database with them; not where their subject has got or lost a key since. */
  readonly made: readonly NewKey[];
  /** Ids of the other keys that its events are sealed with: all of them must be kept when it commits. */
  readonly used: readonly string[];
  readonly forgotten: readonly ForgottenKey[];
  /** Subjects that are forgotten, of this topic: afterwards none of their keys may be kept. */
  readonly subjects: readonly { readonly topic: string; readonly subject: string }[];
}

/** How far a topic of keys has been read. */
export interface KeyPositions {
  /** Which topic it is: `Log.identity`. */
  readonly log: string;
  /** Partition → next offset. */
  readonly next: ReadonlyMap<number, bigint>;
}

export interface KeysToRewrap {
  readonly topic: string;
  /** The master key that they are not sealed with. */
  readonly master: string;
  /** Id of a key; empty for the beginning. */
  readonly after: string;
  readonly limit: number;
}

export interface KeyCount {
  readonly topic: string;
  readonly state: 'kept' | 'forgotten';
  /** Master key that the kept ones are sealed with. */
  readonly master: string | undefined;
  readonly keys: number;
}

/** The keys of one service, in its own database: its own subjects', and those of the topics that it reads. */
export interface KeyStore {
  /** Those of the keys that are known, by id. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, StoredKey>>;
  /** All keys of subjects, oldest first. */
  ofSubjects(topic: string, subjects: readonly string[]): Promise<ReadonlyMap<string, readonly StoredKey[]>>;
  /**
   * Takes in what the topic of keys says, up to a position. A key that is forgotten stays so, and counts as told of where that is what the
   * topic says last of it. Does nothing where another one has come as far, or where it is another topic that is being read: what was said
   * before must not count after what was said since.
   */
  takeIn(keys: readonly StoredKey[], positions: KeyPositions): Promise<void>;
  /** How far this topic has been read; undefined where it is another one that was read, or none was. */
  positions(log: string): Promise<KeyPositions | undefined>;
  /** From now on this topic is read, from its beginning. */
  readAnew(log: string, partitions: number): Promise<void>;
  /**
   * Drops keys because of an event; those too that have not arrived, so that they are never kept.
   * @param announced whether others have been, or will be, told by somebody else
   */
  forget(keys: readonly ForgottenKey[], announced: boolean): Promise<void>;
  /** Forgotten keys of a topic of which the topic of keys is not known to say so last, in the order of their ids. */
  unannounced(topic: string, after: string, limit: number): Promise<readonly ForgottenKey[]>;
  /** Whether any key has been forgotten since, by the clock of this store. */
  isAnyForgottenSince(time: string): Promise<boolean>;
  /** Keys of a topic in the order of their ids. */
  page(topic: string, after: string, limit: number): Promise<readonly StoredKey[]>;
  /**
   * Takes kept keys of a topic that are sealed with another master key than this one, in the order of their ids, and keeps those that
   * `work` has sealed. None of them can be forgotten meanwhile; keys that somebody else is at work on are passed over.
   * @returns id of the last of them; undefined where there is none behind `after`
   */
  rewrap(
    { topic, master, after, limit }: KeysToRewrap,
    work: (keys: readonly KeptKey[]) => Promise<readonly KeptKey[]>,
  ): Promise<string | undefined>;
  counts(): Promise<readonly KeyCount[]>;
}

/** A key has come or gone since the events of an append were sealed. */
export function keyGone(): ConcurrencyError {
  return new ConcurrencyError('A key of personal data has been made or forgotten meanwhile.');
}
