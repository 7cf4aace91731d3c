import { describe, expect, it } from '@jest/globals';
import { EventCatalogue } from '@samspill/contracts';
import type { DomainEvent, Projection } from '@samspill/kernel';
import fc from 'fast-check';
import { recordOf, storedEvent } from '../conformance/scene.js';
import { accountProjection, POISON } from '../conformance/toy/account.projection.js';
import { balanceProjection, IMPOSSIBLE_AMOUNT } from '../conformance/toy/balance.projection.js';
import { bankEvents, ownerEvents } from '../conformance/toy/toy-events.js';
import { account, moved } from '../conformance/toy/toy-writing.js';
import { Incoming } from '../incoming.js';
import { DecodedRecord } from '../received-record.js';
import { foldStates } from '../state-fold.js';
import { emptySteps, foldStep } from '../step-fold.js';

const TOPIC = 'bank';
const catalogue = new EventCatalogue([...bankEvents, ...ownerEvents]);
const accounts = accountProjection(TOPIC);
const balances = balanceProjection(TOPIC, 'owners');

/** An event of one of two streams, whether it can be applied, and whether it is discarded. */
const event = fc.record({
  stream: fc.constantFrom('1', '2'),
  isPoison: fc.boolean(),
  isDiscarded: fc.boolean(),
});
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

function incoming(
  events: readonly Event[],
  make: (one: Event, index: number) => DomainEvent,
): readonly Incoming[] {
  const heads = new Map<string, number>();
  return events.map((one, index) => {
    const version = (heads.get(one.stream) ?? 0) + 1;
    heads.set(one.stream, version);
    const stored = storedEvent(`toy.x/a/${one.stream}`, version, make(one, index));
    return new Incoming(new DecodedRecord(recordOf(stored), BigInt(index)), TOPIC, 0, catalogue);
  });
}

function discarding(projection: Projection, discarded: readonly Incoming[]): Projection {
  return {
    ...projection,
    isDiscarded: ({ stream, version }) =>
      discarded.some((one) => one.stream === stream && one.version === version),
  };
}

/** The events that are discarded, and the others. */
function parted(events: readonly Event[], all: readonly Incoming[]): readonly [Incoming[], Incoming[]] {
  const isDiscarded = (_: Incoming, index: number): boolean => events[index]?.isDiscarded === true;
  return [all.filter(isDiscarded), all.filter((one, index) => !isDiscarded(one, index))];
}

describe('G42 a fold that is told what was discarded', () => {
  it('gives the rows and parked events that there would be without it, where the last event decides', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const all = incoming(events, ({ stream, isPoison }, index) =>
          account(stream, isPoison ? POISON : `name ${index}`),
        );
        const [discarded, others] = parted(events, all);
        const folded = foldStates(discarding(accounts, discarded), all);
        const without = foldStates(accounts, others);
        const byStream = (a: { stream: string }, b: { stream: string }): number =>
          a.stream < b.stream ? -1 : 1;
        expect(folded.changes.toSorted(byStream)).toEqual(without.changes.toSorted(byStream));
        const places = (parked: typeof folded.parked) => parked.map(({ offset }) => Number(offset)).sort();
        expect(places(folded.parked)).toEqual(places(without.parked));
      }),
    );
  });

  it('gives the rows and parked events that there would be without it, where every event counts', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const all = incoming(events, ({ stream, isPoison }, index) =>
          moved(stream, isPoison ? IMPOSSIBLE_AMOUNT : index + 1, `r${index}`),
        );
        const [discarded, others] = parted(events, all);
        const [folded, without] = [emptySteps(), emptySteps()];
        const projection = discarding(balances, discarded);
        for (const one of all) foldStep(projection, folded, one);
        for (const one of others) foldStep(balances, without, one);
        expect([...folded.rows].sort()).toEqual([...without.rows].sort());
        const reasons = (state: typeof folded) => state.parked.map(({ offset, reason }) => [offset, reason]);
        expect(reasons(folded)).toEqual(reasons(without));
      }),
    );
  });
});
