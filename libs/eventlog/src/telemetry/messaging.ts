import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { RecordBatch } from '../log.js';
import { instruments, timed } from './instruments.js';
import { originsOf } from './origins.js';
import { inSpan, isTracing } from './spans.js';

/** Attribute names: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
const BATCH_SIZE = 'messaging.batch.message_count';

export interface Sending {
  /** {@link import('../log.js').Log.system} */
  readonly system: string;
  readonly topic: string;
  /** `traceparent`s of the events, one each. */
  readonly traceparents: readonly (string | undefined)[];
}

/** Publishing a batch to the log. The events name the spans in which they were appended; this one follows from those. */
export async function inSend<T>(
  { system, topic, traceparents }: Sending,
  work: () => Promise<T>,
): Promise<T> {
  const attributes: Attributes = {
    'messaging.system': system,
    'messaging.operation.name': 'send',
    'messaging.operation.type': 'send',
    'messaging.destination.name': topic,
  };
  const place = {
    kind: SpanKind.CLIENT,
    attributes: { ...attributes, [BATCH_SIZE]: traceparents.length },
    ...(isTracing() && originsOf(traceparents)),
  };
  const { sent, sendDuration } = instruments();
  return await inSpan(`send ${topic}`, place, async () => {
    const result = await timed(sendDuration, attributes, work);
    sent.add(traceparents.length, attributes);
    return result;
  });
}

export interface Processing {
  readonly system: string;
  readonly group: string;
  readonly batch: RecordBatch;
}

/** Handling a batch of records of one partition. */
export async function inProcess<T>({ system, group, batch }: Processing, work: () => Promise<T>): Promise<T> {
  const { topic, partition, records } = batch;
  const attributes: Attributes = {
    'messaging.system': system,
    'messaging.operation.name': 'process',
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': group,
  };
  const place = {
    kind: SpanKind.CONSUMER,
    attributes: {
      ...attributes,
      'messaging.operation.type': 'process',
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': Number(records[0]?.offset ?? 0n),
      [BATCH_SIZE]: records.length,
    },
    ...(isTracing() && originsOf(traceparentsOf(batch))),
  };
  const { consumed, processDuration } = instruments();
  consumed.add(records.length, attributes);
  return await inSpan(`process ${topic}`, place, () => timed(processDuration, attributes, work));
}

function* traceparentsOf({ records }: RecordBatch): Generator<string | undefined> {
  for (const record of records) yield record.header('traceparent');
}
