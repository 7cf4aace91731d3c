import type { StoredEvent, StreamMarks, StreamRange, StreamSummary } from '../../event-store.js';

export function summariesOf(
  streams: ReadonlyMap<string, readonly StoredEvent[]>,
  range: StreamRange,
  marks: StreamMarks,
): readonly StreamSummary[] {
  return namesIn(streams, range).map((stream) => summaryOf(stream, streams.get(stream) ?? [], marks));
}

function namesIn(streams: ReadonlyMap<string, unknown>, range: StreamRange): readonly string[] {
  if ('names' in range) return [...new Set(range.names)].filter((name) => streams.has(name)).sort();
  const { under, after = '', limit } = range;
  return [...streams.keys()]
    .filter((name) => (name === under || name.startsWith(`${under}/`)) && name > after)
    .sort()
    .slice(0, limit);
}

function summaryOf(stream: string, events: readonly StoredEvent[], marks: StreamMarks): StreamSummary {
  const { upTo, causationId, types = [] } = marks;
  const caused = events.filter((event) => causationId !== undefined && event.causationId === causationId);
  return {
    stream,
    version: events.at(-1)?.version ?? 0,
    upTo: events.findLast(({ time }) => upTo !== undefined && time <= upTo)?.version ?? 0,
    causedFirst: caused[0]?.version ?? 0,
    causedLast: caused.at(-1)?.version ?? 0,
    hasType: events.some(({ type }) => types.includes(type)),
  };
}
