import { context, SpanKind, trace } from '@opentelemetry/api';
import type { CommandContext } from '../unit.js';
import { under } from './origins.js';
import { inSpan } from './spans.js';
import { readTraceparent, writeTraceparent } from './traceparent.js';

/**
 * A unit of work that appends events: what they carry as `traceparent` is this span, so that whoever reads them goes on with the trace of
 * the request. Where nothing is traced, they carry what the caller sent.
 */
export async function inAppend<T>(
  topic: string,
  command: CommandContext,
  work: (traced: CommandContext) => Promise<T>,
): Promise<T> {
  const attributes = {
    'messaging.operation.name': 'append',
    'messaging.operation.type': 'create',
    'messaging.destination.name': topic,
  };
  // Work that goes on after its request, or in another process, still belongs to the request.
  const origin = trace.getActiveSpan() ? undefined : readTraceparent(command.traceparent ?? '');
  const parent = origin ? under(origin) : context.active();
  return await inSpan(`append ${topic}`, { kind: SpanKind.PRODUCER, attributes, parent }, async (span) => {
    const traceparent = writeTraceparent(span.spanContext());
    return await work(traceparent === undefined ? command : { ...command, traceparent });
  });
}
