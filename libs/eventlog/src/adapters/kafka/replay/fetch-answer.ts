import { damaged } from './log-faults.js';

/** What a broker sent for one partition. */
export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's number of what went wrong (https://kafka.apache.org/protocol#protocol_error_codes), 0 for nothing. */
  readonly errorCode: number;
  readonly highWatermark: bigint;
  /** Record batches as they lie on the broker's disk, the last perhaps cut off; a part of the answer's memory. */
  readonly batches: Buffer;
}

export interface FetchAnswer {
  /** How long the broker wants to be left alone, in milliseconds. */
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly partitions: readonly PartitionAnswer[];
}

/** Bytes of a 64-bit number. */
const INT64 = 8;
/** Producer and first offset of an aborted transaction. */
const ABORTED_TRANSACTION = 2 * INT64;

/**
 * Decodes an answer to a fetch, version 11 (https://kafka.apache.org/protocol#The_Messages_Fetch), but not the records in it.
 * @throws PlatformError `eventlog.log-damaged`
 */
export function decodeFetchAnswer(bytes: Buffer): FetchAnswer {
  const reader = new AnswerReader(bytes);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  reader.int32(); // session: we have none
  const partitions: PartitionAnswer[] = [];
  for (let topics = reader.int32(); topics > 0; topics -= 1) {
    const topic = reader.text();
    for (let count = reader.int32(); count > 0; count -= 1) partitions.push(decodePartition(reader, topic));
  }
  return { clientSideThrottleTime, errorCode, partitions };
}

function decodePartition(reader: AnswerReader, topic: string): PartitionAnswer {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  reader.skip(2 * INT64); // last stable offset, log start offset
  reader.skip(Math.max(0, reader.int32()) * ABORTED_TRANSACTION);
  reader.int32(); // preferred replica
  return { topic, partition, errorCode, highWatermark, batches: reader.block() };
}

class AnswerReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.#take(INT64));
  }

  text(): string {
    const length = Math.max(0, this.int16());
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  block(): Buffer {
    const length = Math.max(0, this.int32());
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.bytes.length - start)
      throw damaged('A broker’s answer to a fetch', 'it ends too early');
    this.#at = start + length;
    return start;
  }
}
