import { ROOT_CONTEXT, trace, type Context, type Link, type SpanContext } from '@opentelemetry/api';
import { readTraceparent } from './traceparent.js';

/** Links of a span that stands for many events. More tell nobody more, and each costs as much as an attribute. */
export const MAX_LINKS = 32;

/** What a span over a batch of events follows from. */
export interface Origins {
  readonly parent: Context;
  readonly links: Link[];
}

/**
 * One trace goes on where all events come from one span; otherwise a trace of its own begins, with links to the spans that they come
 * from (OpenTelemetry, semantic conventions for messaging, batches).
 * @param traceparents of the events, as they stand on them
 */
export function originsOf(traceparents: Iterable<string | undefined>): Origins {
  const distinct = new Set<string>();
  for (const text of traceparents) {
    if (text !== undefined) distinct.add(text);
    if (distinct.size > MAX_LINKS) break;
  }
  const contexts = [...distinct].slice(0, MAX_LINKS).flatMap((text) => readTraceparent(text) ?? []);
  const [first] = contexts;
  if (first && distinct.size === 1) return { parent: under(first), links: [] };
  return { parent: ROOT_CONTEXT, links: contexts.map((context) => ({ context })) };
}

/** The context in which whatever begins belongs to that span. */
export function under(span: SpanContext): Context {
  return trace.setSpanContext(ROOT_CONTEXT, span);
}
