import { Partitioners, type Kafka, type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { PlatformError } from '@samspill/kernel';
import type { LogRecord, LogWriter } from '../../log.js';
import { MAX_RECORD_BYTES, recordBytes, recordTooLarge } from '../../record-size.js';
import { Backoff } from '../../retry.js';
import { topicReplaced } from '../topic-faults.js';
import { WriterGuard } from '../writer-guard.js';
import { encodedMessages } from './encoded-messages.js';
import { CALL_RETRY, kafkaFailure, protocolError } from './kafka-client.js';
import { encodeRecords, type EncodedRecords } from './record-encoder.js';
import type { TopicIdentities } from './topic-identities.js';

/** Tries of one send, some three seconds in all, as kafkajs itself would. */
const RETRY = { firstMs: 100, maxMs: 1_000 };
const MAX_ATTEMPTS = 6;
const NEVER = new AbortController().signal;

/**
 * One idempotent producer with one send in flight: kafkajs rolls its sequence numbers back when a send fails, and with another
 * send under way a broker would take new records for repeats of old ones. A writer that has failed is not used again.
 */
export class KafkaWriter implements LogWriter {
  readonly #guard = new WriterGuard();

  private constructor(
    private readonly producer: Producer,
    private readonly identities: TopicIdentities,
  ) {}

  static async open(kafka: Kafka, identities: TopicIdentities): Promise<KafkaWriter> {
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
    return new KafkaWriter(producer, identities);
  }

  async publish(
    topic: string,
    batches: ReadonlyMap<number, readonly LogRecord[]>,
    identity?: string,
  ): Promise<ReadonlyMap<number, bigint>> {
    const sends = sendsWithinLimit(topic, batches);
    return await this.#guard.publishing(async () => {
      const offsets = new Map<number, bigint>();
      for (const send of sends) {
        for (const [partition, offset] of await this.#send(topic, send, identity)) {
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

  async #send(topic: string, send: Send, identity: string | undefined): Promise<ReadonlyMap<number, bigint>> {
    const encoded = new Map([...send].map(([partition, records]) => [partition, encodeRecords(records)]));
    const responses =
      identity === undefined
        ? await this.#try(topic, encodedMessages(encoded))
        : await this.#sendTo(identity, topic, encoded);
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

  /**
   * Looks before each try whether the topic is still that one. kafkajs tries for seconds, in which a topic may be removed and made anew:
   * what is being sent would be the first in it.
   */
  async #sendTo(
    identity: string,
    topic: string,
    encoded: ReadonlyMap<number, EncodedRecords>,
  ): Promise<RecordMetadata[]> {
    const backoff = new Backoff(RETRY);
    for (let attempt = 1; ; attempt += 1) {
      if ((await this.identities.of(topic)) !== identity) throw topicReplaced(topic);
      let isTried = false;
      const messages = encodedMessages(encoded, () => {
        if (isTried) throw new TriedOnceError(`${topic} did not take what was sent`);
        isTried = true;
      });
      try {
        return await this.#try(topic, messages);
      } catch (error) {
        if (!isTriedOnce(error) || attempt === MAX_ATTEMPTS) throw error;
        await backoff.wait(NEVER);
      }
    }
  }

  async #try(topic: string, messages: Message[]): Promise<RecordMetadata[]> {
    return await this.producer.send({ topic, acks: -1, messages }).catch((error: unknown) => {
      throw failure(topic, error);
    });
  }
}

/** kafkajs would try again by itself. */
class TriedOnceError extends Error {
  override readonly name = 'TriedOnceError';
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

function isTriedOnce(error: unknown): boolean {
  if (error instanceof TriedOnceError) return true;
  return error instanceof Error && isTriedOnce(error.cause);
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
