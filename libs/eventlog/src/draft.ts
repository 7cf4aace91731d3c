import type { EventDefinition, Split } from '@samspill/contracts';
import { chainHash } from './chain.js';
import type { StoredEvent, StreamAppend } from './event-store.js';
import type { AppendKeys, ForgottenKey } from './keys/key-store.js';
import {
  forgettingValue,
  isReservedMember,
  sealedValueBytes,
  sealValue,
  unsealedValue,
  type OpenKey,
  type UnsealedValue,
} from './keys/sealed-value.js';
import type { FoundKey, SealingKeys, SubjectKeys } from './keys/subject-keys.js';

/** All of an event that is known before its personal data is sealed. */
export type DraftedEvent = Omit<StoredEvent, 'value' | 'previousHash'>;

/** An event that has been decided and not been sealed yet. */
export class Draft {
  /** Its personal data apart; undefined where there is none. */
  readonly unsealed: UnsealedValue | undefined;
  /** Whose data it is. */
  readonly subject: string;
  readonly forgets: boolean;
  /** Bytes of its value once it is sealed. */
  readonly bytes: number;
  #json: string | undefined;

  /**
   * @param split undefined where personal data is not to be sealed
   * @throws TypeError where data has a name that is reserved
   */
  constructor(
    readonly event: DraftedEvent,
    private readonly data: unknown,
    definition: EventDefinition,
    split: Split | undefined,
  ) {
    const parts = split?.(data);
    this.unsealed = parts && unsealedValue(parts);
    this.subject = definition.subject?.(data, event.stream) ?? event.stream;
    this.forgets = definition.forgets === true;
    this.bytes = this.unsealed ? sealedValueBytes(this.unsealed) : Buffer.byteLength(this.json);
    const reserved = typeof data === 'object' && data !== null && Object.keys(data).find(isReservedMember);
    if (typeof reserved === 'string')
      throw new TypeError(`${event.type}: names that begin with $ are reserved, and it has ${reserved}`);
  }

  /** Its data as the context has it; of an event that is sealed nobody asks for it but who loads it in the same unit. */
  get json(): string {
    return (this.#json ??= JSON.stringify(this.data));
  }
}

export interface DraftedAppend {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly drafts: readonly Draft[];
  /** The event that the first draft follows. */
  readonly last: StoredEvent | undefined;
}

const NO_KEYS: SealingKeys = { bySubject: new Map(), made: [] };

export interface SealedAppends {
  readonly appends: readonly StreamAppend[];
  readonly keys: AppendKeys | undefined;
}

/**
 * Seals events and chains them. All keys that are needed are had, or made, at once.
 * @param known keys that their streams' earlier events were sealed with
 */
export async function sealDrafts(
  drafted: readonly DraftedAppend[],
  keys: SubjectKeys | undefined,
  known: readonly FoundKey[],
): Promise<SealedAppends> {
  const drafts = drafted.flatMap((append) => append.drafts);
  const sealing = keys ? await sealingKeys(drafts, keys, known) : NO_KEYS;
  const forgetting = subjectsOf(drafts.filter(({ forgets }) => forgets));
  const forgotten = keys ? await keys.keptOf(forgetting) : new Map<string, readonly string[]>();
  const appends = drafted.map(({ stream, expectedVersion, drafts: own, last }) => {
    let previous = last;
    const events = own.map((draft) => {
      const value = valueOf(
        draft,
        sealing.bySubject,
        keys ? (forgotten.get(draft.subject) ?? []) : undefined,
      );
      const previousHash = previous && chainHash(previous);
      previous = { ...draft.event, ...(previousHash !== undefined && { previousHash }), value };
      return previous;
    });
    return { stream, expectedVersion, events };
  });
  return { appends, keys: keys && appendKeys(drafts, sealing, forgotten, keys.own) };
}

async function sealingKeys(
  drafts: readonly Draft[],
  keys: SubjectKeys,
  known: readonly FoundKey[],
): Promise<SealingKeys> {
  const sealing = new Map<string, OpenKey>();
  const subjects = new Set(subjectsOf(drafts.filter(({ unsealed }) => unsealed)));
  for (const { key, open } of known) {
    if (key.topic !== keys.own || !subjects.has(key.subject)) continue;
    const opened = open();
    if (opened) sealing.set(key.subject, { id: key.id, key: opened });
  }
  const missing = [...subjects].filter((subject) => !sealing.has(subject));
  const { bySubject, made } = await keys.forSealing(missing);
  for (const [subject, key] of bySubject) sealing.set(subject, key);
  return { bySubject: sealing, made };
}

function valueOf(
  draft: Draft,
  sealing: ReadonlyMap<string, OpenKey>,
  forgotten: readonly string[] | undefined,
): Buffer {
  const { unsealed, subject, forgets, event } = draft;
  if (forgets && forgotten) return forgettingValue(draft.json, forgotten);
  if (!unsealed) return Buffer.from(draft.json);
  const key = sealing.get(subject);
  if (!key) throw new Error(`there is no key to seal ${event.stream} with`);
  return sealValue(unsealed, key, event);
}

function appendKeys(
  drafts: readonly Draft[],
  { bySubject, made }: SealingKeys,
  forgotten: ReadonlyMap<string, readonly string[]>,
  topic: string,
): AppendKeys | undefined {
  const forgetting = drafts.filter(({ forgets }) => forgets);
  const gone = forgetting.flatMap(({ subject, event }) =>
    (forgotten.get(subject) ?? []).map((id): ForgottenKey => ({
      topic,
      subject,
      id,
      state: 'forgotten',
      by: event.id,
    })),
  );
  if (bySubject.size === 0 && forgetting.length === 0) return undefined;
  const isNew = new Set(made.map(({ id }) => id));
  return {
    made,
    used: [...bySubject.values()].flatMap(({ id }) => (isNew.has(id) ? [] : id)),
    forgotten: gone,
    subjects: subjectsOf(forgetting).map((subject) => ({ topic, subject })),
  };
}

function subjectsOf(drafts: readonly Draft[]): readonly string[] {
  return [...new Set(drafts.map(({ subject }) => subject))];
}
