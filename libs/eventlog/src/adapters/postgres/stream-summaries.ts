import type { StreamMarks, StreamRange, StreamSummary } from '../../event-store.js';
import { textArray } from './binary-array.js';

const MARKED = `
  stream, max(version) AS version,
  coalesce(max(version) FILTER (WHERE time <= $1::timestamptz), 0) AS up_to,
  coalesce(min(version) FILTER (WHERE causation_id = $2::text), 0) AS caused_first,
  coalesce(max(version) FILTER (WHERE causation_id = $2::text), 0) AS caused_last,
  bool_or(type = ANY ($3::text[])) AS has_type`;

/**
 * In the order of the index `event_stream_version`, of which a page reads no more than its own part: the names between `$4` and the one
 * that follows all that begin with it and a slash (`0` comes after `/`). What only looks similar is left out by the last condition.
 */
const UNDER_SQL = `
  SELECT ${MARKED} FROM eventlog.event
  WHERE stream >= $4 AND stream < $4 || '0' AND stream > $5 AND (stream = $4 OR starts_with(stream, $4 || '/'))
  GROUP BY stream ORDER BY stream LIMIT $6`;

const NAMED_SQL = `
  SELECT ${MARKED} FROM eventlog.event WHERE stream = ANY ($4::text[]) GROUP BY stream ORDER BY stream`;

export type SummaryRow = [
  stream: string,
  version: number,
  upTo: number,
  causedFirst: number,
  causedLast: number,
  hasType: boolean,
];

/** Unnamed, so that it is planned for the range at hand. */
export function summaryQuery(
  range: StreamRange,
  { upTo, causationId, types = [] }: StreamMarks,
): { readonly text: string; readonly values: unknown[] } {
  const marks = [upTo ?? null, causationId ?? null, textArray(types)];
  if ('names' in range) return { text: NAMED_SQL, values: [...marks, textArray(range.names)] };
  return { text: UNDER_SQL, values: [...marks, range.under, range.after ?? '', range.limit] };
}

export function summaryFromRow([
  stream,
  version,
  upTo,
  causedFirst,
  causedLast,
  hasType,
]: SummaryRow): StreamSummary {
  return { stream, version, upTo, causedFirst, causedLast, hasType };
}
