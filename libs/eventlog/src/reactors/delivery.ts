import type { RecordPlace } from '../projection-store.js';

/**
 * `intended`: to be sent; nothing of it can have arrived. `sent`: a call is under way, or was when its process died. `unknown`: it may
 * have arrived, so the other side is asked first. `confirmed`, `refused`: nothing is to be done.
 */
export type DeliveryState = 'intended' | 'sent' | 'unknown' | 'confirmed' | 'refused';

/** States in which a delivery is still to be made. */
export const OPEN_STATES = ['intended', 'sent', 'unknown'] as const satisfies readonly DeliveryState[];

/** What the other side is known to have of a thing. */
export interface ConfirmedContent {
  readonly version: number;
  readonly content: string;
  /** RFC 3339. */
  readonly at: string;
  readonly reference?: string;
}

/** A thing in a reactor's ledger: how it shall be, and what the other side has. */
export interface LedgerEntry {
  readonly thing: string;
  /** Record key of its events: the company, where one is concerned. */
  readonly key: string;
  /** The stream that says how it shall be, and the version in it that said so last. */
  readonly stream: string;
  readonly version: number;
  /** Hash of the payload of that version. */
  readonly content: string;
  /** Where the event lies: the payload is read from the log, and never kept here. */
  readonly place: RecordPlace;
  readonly state: DeliveryState;
  /** Whether any version since the confirmed one had another content than that. */
  readonly isChanged: boolean;
  /** Of what is refused: whether an earlier version may have arrived all the same. What is open and in doubt is `unknown`. */
  readonly isInDoubt: boolean;
  /** Calls that were begun for this version. */
  readonly attempts: number;
  /** When it can be tried next, RFC 3339; of no matter unless it is open. */
  readonly dueAt: string;
  /** What was the matter last: our code, and the other side's words. */
  readonly code?: string;
  readonly words?: string;
  readonly confirmed?: ConfirmedContent;
}

/** How a thing shall be because of an event. */
export type Intention = Pick<LedgerEntry, 'thing' | 'key' | 'stream' | 'version' | 'content' | 'place'>;

/** The last outcome about a thing that is on the log. */
export interface ToldOutcome {
  readonly kind: 'confirmed' | 'failed';
  readonly version: number;
  readonly attempt: number;
  readonly time: string;
  readonly code?: string;
  readonly reference?: string;
}

export interface IntendOptions {
  readonly now: Date;
  /** The ledger may have lost what was sent: the other side has to be asked before anything is. */
  readonly asksFirst?: boolean;
  /** What was refused in just this version is tried once more. */
  readonly retriesRefused?: boolean;
  /** What the other side is said to have is asked about, and sent again if it lacks it. */
  readonly asksConfirmed?: boolean;
}

export interface Intended {
  /** Absent where nothing changes. */
  readonly entry?: LedgerEntry;
  /** The log knows of deliveries that the ledger does not: it was lost, or put back from before. */
  readonly isBehind: boolean;
}

/**
 * What becomes of a thing's entry when an event says how the thing shall be. Late and repeated events change nothing; an earlier version
 * that has not been sent gives way; one that may have arrived leaves a doubt behind.
 */
export function intend(
  known: LedgerEntry | undefined,
  told: ToldOutcome | undefined,
  wanted: Intention,
  options: IntendOptions,
): Intended {
  if (known && wanted.version < known.version) return { isBehind: false };
  if (known?.version === wanted.version) return { isBehind: false, ...seenAgain(known, wanted, options) };
  if (told && told.version >= wanted.version) {
    // Of an even later version the event is still to be read.
    return told.version > wanted.version
      ? { isBehind: true }
      : { isBehind: true, entry: asTold(known, told, wanted, options.now) };
  }
  const isInDoubt = options.asksFirst === true || (known !== undefined && leavesDoubt(known));
  const confirmed = known?.confirmed;
  const base = entryOf(wanted, options.now);
  return {
    isBehind: false,
    entry: {
      ...base,
      state: isInDoubt ? 'unknown' : 'intended',
      isChanged: isChangedSince(known, wanted.content),
      // What is under way is let finish before anybody asks about it.
      dueAt: isInDoubt && known && known.dueAt > base.dueAt && isOpen(known) ? known.dueAt : base.dueAt,
      ...(confirmed && { confirmed }),
    },
  };
}

/** What became of one attempt. `isInDoubt`: it, or something before it, may have arrived. */
export type Settled =
  | { readonly kind: 'confirmed'; readonly content: string; readonly reference?: string }
  | {
      readonly kind: 'refused';
      readonly isInDoubt: boolean;
      readonly code: string;
      readonly words: string;
    }
  | {
      readonly kind: 'again';
      readonly isInDoubt: boolean;
      readonly code: string;
      readonly words: string;
      readonly inMs: number;
    };

/**
 * A thing's entry after an attempt for a version of it has ended; a newer version may have come meanwhile.
 * @param attempts that the entry had when the attempt was under way: somebody else may have taken over since
 */
export function settle(
  known: LedgerEntry,
  version: number,
  attempts: number,
  settled: Settled,
  now: Date,
): LedgerEntry {
  if (known.version < version) return known;
  if (settled.kind === 'confirmed') return confirm(known, version, settled, now);
  if (known.version > version) {
    const isResolved = !settled.isInDoubt;
    // What left the doubt behind has turned out to have had no effect.
    return isResolved && known.state === 'unknown' && known.attempts === 0
      ? { ...known, state: 'intended', dueAt: now.toISOString() }
      : known;
  }
  if (known.attempts !== attempts || !isOpen(known)) return known;
  const { code, isInDoubt } = settled;
  const words = boundedWords(settled.words);
  if (settled.kind === 'refused') return { ...known, state: 'refused', isInDoubt, code, words };
  const dueAt = new Date(now.getTime() + settled.inMs).toISOString();
  return { ...known, state: isInDoubt ? 'unknown' : 'intended', code, words, dueAt };
}

/** The entry while its next call is under way; undefined where somebody else has been here. */
export function begin(
  known: LedgerEntry | undefined,
  seen: LedgerEntry,
  now: Date,
  endsInMs: number,
): LedgerEntry | undefined {
  if (known?.version !== seen.version || known.attempts !== seen.attempts || known.state !== seen.state)
    return undefined;
  const dueAt = new Date(now.getTime() + endsInMs).toISOString();
  return { ...known, state: 'sent', attempts: known.attempts + 1, dueAt };
}

/** Tried once more by a person's wish; undefined where nothing was refused. */
export function tryAgain(known: LedgerEntry | undefined, now: Date): LedgerEntry | undefined {
  if (known?.state !== 'refused') return undefined;
  return {
    ...known,
    state: known.isInDoubt ? 'unknown' : 'intended',
    isInDoubt: false,
    dueAt: now.toISOString(),
  };
}

/** Whether the other side may have it already as it is wanted, so that nothing is sent. */
export function isUnchanged(entry: LedgerEntry, content: string): boolean {
  if (entry.confirmed?.content !== content) return false;
  return entry.state === 'intended' || (entry.state === 'unknown' && !entry.isChanged);
}

/** Whether an outcome on the log settles an entry that is open in the ledger. */
export function isSettledBy(entry: LedgerEntry, told: ToldOutcome | undefined): told is ToldOutcome {
  if (!told || told.version < entry.version) return false;
  if (told.version > entry.version) return true;
  if (told.kind === 'confirmed') return told.attempt >= entry.attempts;
  // A person may have asked for another attempt after the one that failed.
  return entry.state === 'sent' ? told.attempt >= entry.attempts : told.attempt > entry.attempts;
}

export function isOpen({ state }: Pick<LedgerEntry, 'state'>): boolean {
  return OPEN_STATES.some((open) => open === state);
}

/** Longest text of the other side that is kept. */
const MAX_WORDS = 2_000;

function boundedWords(words: string): string {
  return words.replaceAll('\u0000', '').slice(0, MAX_WORDS);
}

function entryOf(wanted: Intention, now: Date): LedgerEntry {
  return {
    ...wanted,
    state: 'intended',
    isChanged: true,
    isInDoubt: false,
    attempts: 0,
    dueAt: now.toISOString(),
  };
}

function seenAgain(
  known: LedgerEntry,
  wanted: Intention,
  { now, retriesRefused, asksConfirmed }: IntendOptions,
): { readonly entry?: LedgerEntry } {
  const moved: LedgerEntry = { ...known, place: wanted.place };
  if (known.state === 'refused' && retriesRefused === true) return { entry: tryAgain(moved, now) ?? moved };
  // Counted as an attempt, so that what the log says of the one before does not settle it.
  if (known.state === 'confirmed' && asksConfirmed === true)
    return {
      entry: {
        ...moved,
        state: 'unknown',
        isChanged: true,
        attempts: known.attempts + 1,
        dueAt: now.toISOString(),
      },
    };
  // What is to be sent already must not be left out for being what the other side is said to have.
  if (isOpen(known) && known.confirmed && asksConfirmed === true)
    return {
      entry: { ...moved, state: known.state === 'intended' ? 'unknown' : known.state, isChanged: true },
    };
  const isMoved =
    known.place.offset !== wanted.place.offset ||
    known.place.topic !== wanted.place.topic ||
    known.place.partition !== wanted.place.partition;
  return isMoved ? { entry: moved } : {};
}

function asTold(
  known: LedgerEntry | undefined,
  told: ToldOutcome,
  wanted: Intention,
  now: Date,
): LedgerEntry {
  const { attempt: attempts, reference, code, time: at } = told;
  const base = { ...entryOf(wanted, now), attempts };
  if (told.kind === 'failed')
    return {
      ...base,
      state: 'refused',
      isInDoubt: true,
      ...(code !== undefined && { code }),
      ...(known?.confirmed && { confirmed: known.confirmed }),
    };
  const confirmed = {
    version: wanted.version,
    content: wanted.content,
    at,
    ...(reference !== undefined && { reference }),
  };
  return { ...base, state: 'confirmed', isChanged: false, confirmed };
}

/** Whether something of a thing may have arrived that nobody knows of. */
function leavesDoubt({ state, isInDoubt }: LedgerEntry): boolean {
  return state === 'sent' || state === 'unknown' || isInDoubt;
}

function isChangedSince(known: LedgerEntry | undefined, content: string): boolean {
  if (!known?.confirmed) return true;
  return content !== known.confirmed.content || (known.state !== 'confirmed' && known.isChanged);
}

function confirm(
  known: LedgerEntry,
  version: number,
  { content, reference }: Extract<Settled, { kind: 'confirmed' }>,
  now: Date,
): LedgerEntry {
  if ((known.confirmed?.version ?? 0) > version) return known;
  const confirmed = {
    version,
    content,
    at: now.toISOString(),
    ...(reference !== undefined && { reference }),
  };
  const { code: _code, words: _words, ...rest } = known;
  if (known.version === version) return { ...rest, state: 'confirmed', isChanged: false, content, confirmed };
  // The newer version has not been tried yet, and what it was in doubt about is known now.
  return known.state === 'unknown' && known.attempts === 0
    ? { ...rest, state: 'intended', isChanged: true, dueAt: now.toISOString(), confirmed }
    : { ...known, isChanged: true, confirmed };
}

/** The entry where the other side has the content already: nothing is sent. */
export function leaveAsIs(known: LedgerEntry, version: number, content: string): LedgerEntry {
  const { confirmed } = known;
  if (known.version !== version || !isOpen(known) || confirmed?.content !== content) return known;
  const { code: _code, words: _words, ...rest } = known;
  return { ...rest, state: 'confirmed', isChanged: false, content, confirmed: { ...confirmed, version } };
}
