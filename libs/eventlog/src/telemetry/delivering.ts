import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { LookUpOutcome, Outgoing, SendOutcome } from '../reactors/outside.js';
import { instruments, timed } from './instruments.js';
import { originsOf } from './origins.js';
import { errorType, inSpan, isTracing } from './spans.js';

export interface OutsideCall {
  readonly reactor: string;
  readonly call: 'send' | 'look-up';
  readonly deliveries: readonly Outgoing[];
}

/** A call to the other side of a reactor, in the trace of the events behind it. */
export async function inCall<Outcome extends SendOutcome | LookUpOutcome>(
  { reactor, call, deliveries }: OutsideCall,
  work: () => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  const attributes: Attributes = { 'samspill.reactor': reactor, 'samspill.call': call };
  const place = {
    kind: SpanKind.CLIENT,
    attributes: { ...attributes, 'messaging.batch.message_count': deliveries.length },
    ...(isTracing() && originsOf(deliveries.map(({ cause }) => cause.traceparent))),
  };
  const { deliveries: counted, callDuration } = instruments();
  try {
    const outcomes = await inSpan(`${call} ${reactor}`, place, () => timed(callDuration, attributes, work));
    for (const outcome of outcomes) counted.add(1, { ...attributes, ...described(outcome) });
    return outcomes;
  } catch (error) {
    counted.add(deliveries.length, {
      ...attributes,
      'samspill.outcome': 'unknown',
      'error.type': errorType(error),
    });
    throw error;
  }
}

function described(outcome: SendOutcome | LookUpOutcome): Attributes {
  return {
    'samspill.outcome': outcome.kind,
    ...('code' in outcome && { 'error.type': outcome.code }),
  };
}
