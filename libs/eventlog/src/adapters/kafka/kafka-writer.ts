import { Partitioners, type Kafka, type Producer } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import type { LogRecord, LogWriter } from '../../log.js';
import { MAX_RECORD_BYTES, recordBytes, recordTooLarge } from '../../record-size.js';
import { WriterGuard } from '../writer-guard.js';
import { encodedMessages } from './encoded-messages.js';
import { CALL_RETRY, kafkaFailure, protocolError } from './kafka-client.js';
import { encodeRecords } from './record-encoder.js';

/**
 * One idempotent producer with one send in flight: kafkajs rolls its sequence numbers back when a send fails, and with another
 * send under way a broker would take new records for repeats of old ones. A writer that has failed is not used again.
 */
export class KafkaWriter implements LogWriter {
  readonly #guard = new WriterGuard();

  private constructor(private readonly producer: Producer) {}

  static async open(kafka: Kafka): Promise<KafkaWriter> {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: CALL_RETRY,
    });
    try {
      await producer.connect();
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw kafkaFailure(error);
    }
    return new KafkaWriter(producer);
  }

  async publish(
    topic: string,
    batches: ReadonlyMap<number, readonly LogRecord[]>,
  ): Promise<ReadonlyMap<number, bigint>> {
    const sends = sendsWithinLimit(topic, batches);
    return await this.#guard.publishing(async () => {
      const offsets = new Map<number, bigint>();
      for (const send of sends) {
        for (const [partition, offset] of await this.#send(topic, send)) {
          if (!offsets.has(partition)) offsets.set(partition, offset);
        }
      }
      return offsets;
    });
  }

  async close(): Promise<void> {
    this.#guard.close();
    await this.producer.disconnect();
  }

  async #send(topic: string, send: Send): Promise<ReadonlyMap<number, bigint>> {
    const messages = encodedMessages(
      new Map([...send].map(([partition, records]) => [partition, encodeRecords(records)])),
    );
    const responses = await this.producer.send({ topic, acks: -1, messages }).catch((error: unknown) => {
      throw failure(topic, error);
    });
    const offsets = new Map<number, bigint>();
    for (const { partition, errorCode, baseOffset } of responses) {
      if (errorCode === 0 && baseOffset !== undefined && BigInt(baseOffset) >= 0n)
        offsets.set(partition, BigInt(baseOffset));
    }
    // Where leadership moves during a retry, kafkajs leaves partitions out and still reports success.
    for (const partition of send.keys()) {
      if (!offsets.has(partition))
        throw kafkaFailure(new Error(`${topic} partition ${partition} did not answer`));
    }
    return offsets;
  }
}

/** What goes into one request: one record batch for each partition, none above the broker's limit. */
type Send = ReadonlyMap<number, readonly LogRecord[]>;

function sendsWithinLimit(topic: string, batches: Send): readonly Send[] {
  const sends: Map<number, LogRecord[]>[] = [];
  for (const [partition, records] of batches) {
    let index = 0;
    let bytes = 0;
    for (const record of records) {
      const size = recordBytes(record);
      if (size > MAX_RECORD_BYTES) throw recordTooLarge(topic, record, size);
      if (bytes + size > MAX_RECORD_BYTES) {
        index += 1;
        bytes = 0;
      }
      bytes += size;
      const send = (sends[index] ??= new Map<number, LogRecord[]>());
      const batch = send.get(partition);
      if (batch) batch.push(record);
      else send.set(partition, [record]);
    }
  }
  return sends;
}

function failure(topic: string, error: unknown): PlatformError {
  const type = protocolError(error);
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return new PlatformError(
      'eventlog.record-too-large',
      `${topic} takes only batches below the ${MAX_RECORD_BYTES} bytes that are written at most: raise its max.message.bytes.`,
      false,
      { cause: error },
    );
  }
  return kafkaFailure(error);
}
