import { isSpanContextValid, trace } from '@opentelemetry/api';

/** What a log line says of the span that it was written in; nothing outside one. */
export function traceFields(): Readonly<Record<string, string>> {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}
