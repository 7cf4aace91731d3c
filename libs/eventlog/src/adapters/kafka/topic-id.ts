import Encoder from 'kafkajs/src/protocol/encoder.js';
import { damaged, unsupported } from './replay/log-faults.js';

/** What is asked, in Kafka's numbers: Metadata, of which the first version with ids of topics that every broker since 3.1 knows is 12. */
const METADATA = { apiKey: 3, apiName: 'Metadata', apiVersion: 12 };
const UUID_BYTES = 16;
const INT16_BYTES = 2;
const INT32_BYTES = 4;
const NO_ID = Buffer.alloc(UUID_BYTES);

/** A request that a connection of kafkajs sends. */
export interface KafkaRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
}

export interface TopicIdAnswer {
  /** How long the broker wants to be left alone, in milliseconds. */
  readonly clientSideThrottleTime: number;
  /** Kafka's number of what is wrong with the topic, 0 for nothing. */
  readonly errorCode: number;
  /** The cluster's id and the topic's, as Kafka's own tools write them. */
  readonly cluster: string;
  readonly id: string;
}

/**
 * Asks for a topic's id, which a cluster gives to every topic once (KIP-516). kafkajs asks in versions that know no ids.
 * https://kafka.apache.org/protocol#The_Messages_Metadata
 */
export function topicIdRequest(topic: string): KafkaRequest & { readonly encode: () => Promise<Encoder> } {
  const name = Buffer.from(topic);
  const body = Buffer.concat([
    Buffer.from([0]), // no tagged fields of the header, which kafkajs knows nothing of
    Buffer.from([2]), // one topic
    NO_ID, // by its name
    unsigned(name.length + 1),
    name,
    Buffer.from([0]), // no tagged fields
    Buffer.from([0, 0]), // the topic is not to be made; no permissions are asked for
    Buffer.from([0]), // no tagged fields
  ]);
  return { ...METADATA, encode: () => Promise.resolve(new Encoder().writeBuffer(body)) };
}

/** @throws PlatformError `eventlog.log-damaged`, or `eventlog.log-unsupported` where the broker gives topics no ids */
export function decodeTopicId(bytes: Buffer): TopicIdAnswer {
  const reader = new CompactReader(bytes);
  reader.tags();
  const clientSideThrottleTime = reader.int32();
  for (let brokers = reader.count(); brokers > 0; brokers -= 1) {
    reader.skip(INT32_BYTES); // id
    reader.text(); // host
    reader.skip(INT32_BYTES); // port
    reader.text(); // rack
    reader.tags();
  }
  const cluster = reader.text();
  reader.skip(INT32_BYTES); // controller
  if (reader.count() !== 1) throw damaged('A broker’s answer about a topic', 'it is not about one topic');
  const errorCode = reader.int16();
  const name = reader.text();
  const id = reader.bytes(UUID_BYTES);
  if (errorCode === 0 && id.equals(NO_ID)) throw unsupported(name, 'the brokers give topics no ids');
  return { clientSideThrottleTime, errorCode, cluster, id: id.toString('base64url') };
}

/** Kafka's number of variable length, seven bits a byte. */
function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Reads the newer, compact encoding of Kafka's protocol. */
class CompactReader {
  #at = 0;

  constructor(private readonly content: Buffer) {}

  int16(): number {
    return this.bytes(INT16_BYTES).readInt16BE();
  }

  int32(): number {
    return this.bytes(INT32_BYTES).readInt32BE();
  }

  /** How many elements follow. */
  count(): number {
    return Math.max(0, this.#unsigned() - 1);
  }

  text(): string {
    return this.bytes(this.count()).toString();
  }

  tags(): void {
    for (let tags = this.#unsigned(); tags > 0; tags -= 1) {
      this.#unsigned();
      this.skip(this.#unsigned());
    }
  }

  skip(length: number): void {
    this.bytes(length);
  }

  bytes(length: number): Buffer {
    const start = this.#at;
    if (length > this.content.length - start)
      throw damaged('A broker’s answer about a topic', 'it ends too early');
    this.#at = start + length;
    return this.content.subarray(start, this.#at);
  }

  #unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes(1).readUInt8();
      value |= (byte & 0x7f) << shift;
      if (byte <= 0x7f) return value >>> 0;
    }
  }
}
