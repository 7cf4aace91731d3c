import type { Recorded } from '@samspill/kernel';
import type { Unit } from '../unit.js';
import type { RevertRule } from './revert-rule.js';

/** A stream at two versions; `then` 0 is before its first event. */
export interface Span {
  readonly stream: string;
  readonly then: number;
  readonly version: number;
}

export interface ThenAndNow {
  readonly then: readonly Recorded[];
  readonly now: readonly Recorded[];
}

/** The events that a rule needs of streams, up to either version, by the stream's name. */
export async function thenAndNow(
  unit: Unit,
  rule: RevertRule,
  spans: readonly Span[],
): Promise<ReadonlyMap<string, ThenAndNow>> {
  return rule.needs === 'history' ? await histories(unit, spans) : await lastEvents(unit, spans);
}

async function histories(unit: Unit, spans: readonly Span[]): Promise<ReadonlyMap<string, ThenAndNow>> {
  const loaded = await unit.histories(spans.map(({ stream }) => stream));
  return new Map(
    spans.map(({ stream, then, version }) => {
      const events = loaded.get(stream) ?? [];
      return [stream, { then: events.slice(0, then), now: events.slice(0, version) }];
    }),
  );
}

async function lastEvents(unit: Unit, spans: readonly Span[]): Promise<ReadonlyMap<string, ThenAndNow>> {
  const places = spans.flatMap(({ stream, then, version }) => [
    { stream, version },
    ...(then > 0 ? [{ stream, version: then }] : []),
  ]);
  const events = await unit.eventsAt(places);
  const at = (stream: string, version: number): readonly Recorded[] => {
    const event = events.get(`${stream}@${version}`);
    return event ? [event] : [];
  };
  return new Map(
    spans.map(({ stream, then, version }) => [stream, { then: at(stream, then), now: at(stream, version) }]),
  );
}

/** Events that are in memory at a time; a single longer stream is read by itself. */
const MAX_EVENTS_AT_ONCE = 10_000;

/** Streams in groups of which each can be in memory at once. */
export function inGroups<S extends Span>(rule: RevertRule, spans: readonly S[]): readonly (readonly S[])[] {
  if (rule.needs === 'last-event') return spans.length === 0 ? [] : [spans];
  const groups: S[][] = [];
  let events = Number.POSITIVE_INFINITY;
  for (const span of spans) {
    events += span.version;
    const group = groups.at(-1);
    if (group && events <= MAX_EVENTS_AT_ONCE) {
      group.push(span);
      continue;
    }
    groups.push([span]);
    events = span.version;
  }
  return groups;
}
