import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  begin,
  intend,
  isOpen,
  isSettledBy,
  isUnchanged,
  leaveAsIs,
  settle,
  tryAgain,
  type Intention,
  type LedgerEntry,
  type Settled,
  type ToldOutcome,
} from './delivery.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const IN_MS = 10;

/** How an attempt goes. `died…`: nobody writes down what became of it. `lost…`: it is written down that nobody knows. */
const fates = [
  'confirmed',
  'refused',
  'not-sent',
  'lost-before',
  'lost-after',
  'died-before',
  'died-after',
  'died-told',
] as const;
type Fate = (typeof fates)[number];

type Step =
  | { readonly kind: 'event'; readonly content: string }
  | { readonly kind: 'repeat'; readonly version: number }
  | { readonly kind: 'attempt'; readonly fate: Fate; readonly meanwhile: string | undefined }
  | { readonly kind: 'database-lost' }
  | { readonly kind: 'retry' };

const content = fc.constantFrom('A', 'B', 'C');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('event' as const), content }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('repeat' as const), version: fc.integer({ min: 1, max: 9 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('attempt' as const),
      fate: fc.constantFrom(...fates),
      meanwhile: fc.option(content, { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'database-lost' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'retry' as const }) },
);

/** One thing: its events, its entry in the ledger, the last outcome on the log, and what was really done outside. */
class Thing {
  readonly events: string[] = [];
  readonly effects: string[] = [];
  entry: LedgerEntry | undefined;
  told: ToldOutcome | undefined;

  happen(of: string): void {
    this.events.push(of);
    this.intend(this.events.length, false);
  }

  intend(version: number, asksFirst: boolean): void {
    const wanted: Intention = {
      thing: 'thing',
      key: 'company',
      stream: 'stream',
      version,
      content: this.events[version - 1] ?? '',
      place: { topic: 'topic', partition: 0, offset: BigInt(version) },
    };
    const { entry } = intend(this.entry, this.told, wanted, { now: NOW, asksFirst });
    if (entry) this.entry = entry;
  }

  loseDatabase(): void {
    this.entry = undefined;
    for (let version = 1; version <= this.events.length; version += 1) this.intend(version, true);
  }

  retry(): void {
    this.entry = tryAgain(this.entry, NOW) ?? this.entry;
  }

  /** As `deliver` goes about it. */
  attempt(fate: Fate, meanwhile?: string): void {
    const { entry, told } = this;
    if (!entry || !isOpen(entry)) return;
    if (isSettledBy(entry, told)) {
      this.settle(entry, asSettled(told, entry.content), told.attempt);
      return;
    }
    if (isUnchanged(entry, entry.content)) {
      this.entry = leaveAsIs(entry, entry.version, entry.content);
      return;
    }
    if (entry.state !== 'intended' && this.effects.at(-1) === entry.content) {
      this.tell(entry, 'confirmed');
      this.settle(entry, { kind: 'confirmed', content: entry.content }, entry.attempts);
      return;
    }
    const sent = begin(this.entry, entry, NOW, IN_MS);
    if (!sent) throw new Error('somebody else has been here');
    this.entry = sent;
    if (['confirmed', 'lost-after', 'died-after', 'died-told'].includes(fate))
      this.effects.push(sent.content);
    if (meanwhile !== undefined) this.happen(meanwhile);
    if (fate === 'confirmed' || fate === 'died-told') this.tell(sent, 'confirmed');
    if (fate === 'refused') this.tell(sent, 'failed');
    const settled = outcomes[fate](sent.content, entry.state !== 'intended');
    if (settled) this.settle(sent, settled, sent.attempts);
  }

  private settle({ version }: LedgerEntry, settled: Settled, attempts: number): void {
    if (this.entry) this.entry = settle(this.entry, version, attempts, settled, NOW);
  }

  private tell({ version, attempts: attempt }: LedgerEntry, kind: ToldOutcome['kind']): void {
    this.told = { kind, version, attempt, time: NOW.toISOString(), code: 'refused' };
  }
}

const again = (isInDoubt: boolean): Settled => ({
  kind: 'again',
  isInDoubt,
  code: 'again',
  words: '',
  inMs: IN_MS,
});
const outcomes: Readonly<Record<Fate, (of: string, wasInDoubt: boolean) => Settled | undefined>> = {
  confirmed: (of) => ({ kind: 'confirmed', content: of }),
  refused: (_of, isInDoubt) => ({ kind: 'refused', isInDoubt, code: 'refused', words: 'no' }),
  'not-sent': (_of, wasInDoubt) => again(wasInDoubt),
  'lost-before': () => again(true),
  'lost-after': () => again(true),
  'died-before': () => undefined,
  'died-after': () => undefined,
  'died-told': () => undefined,
};

function asSettled(told: ToldOutcome, of: string): Settled {
  return told.kind === 'confirmed'
    ? { kind: 'confirmed', content: of }
    : { kind: 'refused', isInDoubt: true, code: told.code ?? '', words: '' };
}

function take(thing: Thing, one: Step): void {
  switch (one.kind) {
    case 'event':
      thing.happen(one.content);
      return;
    case 'repeat':
      if (one.version <= thing.events.length) thing.intend(one.version, false);
      return;
    case 'attempt':
      thing.attempt(one.fate, one.meanwhile);
      return;
    case 'database-lost':
      thing.loseDatabase();
      return;
    case 'retry':
      thing.retry();
  }
}

describe('a thing in a ledger', () => {
  it('G70 G73 ends as its last event says, and is never told the same twice in a row, whatever befalls it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const thing = new Thing();
        for (const one of steps) take(thing, one);
        // What was refused in the end is tried once more, and the outside is well.
        thing.retry();
        for (let more = 0; more < 5; more += 1) thing.attempt('confirmed');
        expect(thing.effects.at(-1)).toBe(thing.events.at(-1));
        const repeated = thing.effects.filter(
          (effect, index) => index > 0 && effect === thing.effects[index - 1],
        );
        expect(repeated).toEqual([]);
        if (thing.entry) expect(isOpen(thing.entry)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('G78 what waits to be sent is not left out for being what the other side is said to have, where that is asked', () => {
    const thing = new Thing();
    thing.happen('A');
    thing.attempt('confirmed', undefined);
    thing.happen('A');
    const entry = thing.entry;
    if (!entry) throw new Error('there is no entry');
    expect(isUnchanged(entry, 'A')).toBe(true);
    const asked = intend(entry, undefined, entry, { now: NOW, asksConfirmed: true }).entry;
    expect(asked).toMatchObject({ state: 'unknown' });
    expect(asked && isUnchanged(asked, 'A')).toBe(false);
  });

  it('keeps at most so many words of the other side, and none that a database could not', () => {
    const thing = new Thing();
    thing.happen('A');
    const sent = thing.entry && begin(thing.entry, thing.entry, NOW, IN_MS);
    if (!sent) throw new Error('there is nothing to send');
    const words = `\u0000${'x'.repeat(5_000)}`;
    const settled = settle(sent, 1, 1, { kind: 'refused', isInDoubt: false, code: 'no', words }, NOW);
    expect(settled.words).toBe('x'.repeat(2_000));
  });
});
