import type { Incoming } from '../incoming.js';
import { intend, type IntendOptions, type LedgerEntry, type ToldOutcome } from './delivery.js';
import type { LedgerChange } from './delivery-ledger.js';
import { setAside, SET_ASIDE, type Reaction } from './reactions.js';

export interface Reacting {
  readonly event: Incoming;
  readonly reaction: Reaction;
}

export interface Folded extends LedgerChange {
  /** Things whose outcomes the ledger had lost. */
  readonly isBehind: boolean;
}

/** Things that reactions are about, set-aside events among them. */
export function thingsOf(reactions: readonly Reacting[]): readonly string[] {
  const things = reactions.flatMap(({ event, reaction }) =>
    reaction.kind === 'deliveries'
      ? reaction.deliveries.map(({ intention }) => intention.thing)
      : [`${SET_ASIDE}${event.stream}`],
  );
  return [...new Set(things)];
}

/** What reactions, in the order of their events, make of a ledger's entries. */
export function foldReactions(
  reactions: readonly Reacting[],
  known: ReadonlyMap<string, LedgerEntry>,
  told: ReadonlyMap<string, ToldOutcome>,
  optionsFor: (event: Incoming) => IntendOptions,
): Folded {
  const entries = new Map<string, LedgerEntry>();
  let isBehind = false;
  for (const { event, reaction } of reactions) {
    const options = optionsFor(event);
    if (reaction.kind === 'unusable') {
      keepAside(entries, known, setAside(event, reaction.reason, options.now));
      continue;
    }
    for (const { intention } of reaction.deliveries) {
      const { thing, stream } = intention;
      const before = entries.get(thing) ?? known.get(thing);
      if (before && before.stream !== stream) {
        const reason = `${thing} is told about by ${before.stream} already: a thing has one stream`;
        keepAside(entries, known, setAside(event, reason, options.now));
        continue;
      }
      const intended = intend(before, told.get(thing), intention, options);
      isBehind ||= intended.isBehind;
      if (intended.entry) entries.set(thing, intended.entry);
    }
  }
  return { put: [...entries.values()], isBehind };
}

function keepAside(
  entries: Map<string, LedgerEntry>,
  known: ReadonlyMap<string, LedgerEntry>,
  entry: LedgerEntry,
): void {
  const before = entries.get(entry.thing) ?? known.get(entry.thing);
  if (!before || before.version < entry.version) entries.set(entry.thing, entry);
}
