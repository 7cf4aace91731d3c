import type { Message } from 'kafkajs';
import type { EncodedRecords } from './record-encoder.js';

/** Whatever kafkajs writes as one of its encoders: it looks for `buf` and copies `buffer`. */
interface EncoderLike {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

const NOTHING: EncoderLike = { buf: Buffer.alloc(0), buffer: Buffer.alloc(0) };

/**
 * Messages for `producer.send` whose records are encoded already.
 *
 * kafkajs 2.2.4 takes some 50 µs for a record with thirteen headers: it allocates an encoder of 512 bytes for each header, and
 * copies the list of a partition's messages once for every message. That is several times what all the rest of our writing costs.
 * It reaches the messages only through these calls, which are answered here: `find` (is any without a value?), `reduce` (group
 * by partition), and for each partition `map`, first to their timestamps, of which it uses the lowest and the highest, and then
 * to encoded records, which it copies into the batch one after the other.
 *
 * @param onTry called before each try to send them
 */
export function encodedMessages(
  batches: ReadonlyMap<number, EncodedRecords>,
  onTry: () => void = () => undefined,
): Message[] {
  const byPartition = Object.fromEntries(
    [...batches].map(([partition, batch]) => [partition, partitionMessages(batch)]),
  );
  const messages: Message[] = [];
  Object.defineProperties(messages, {
    find: { value: () => undefined },
    reduce: {
      value: () => {
        onTry();
        return byPartition;
      },
    },
  });
  return messages;
}

function partitionMessages({ bytes, count, firstTimestampMs, lastTimestampMs }: EncodedRecords): Message[] {
  const records: EncoderLike[] = new Array<EncoderLike>(count).fill(NOTHING);
  records[0] = { buf: bytes, buffer: bytes };
  const timestamps = [String(firstTimestampMs), String(lastTimestampMs)];
  const messages = new Array<Message>(count);
  Object.defineProperties(messages, {
    // To timestamps goes a function of the message, to records one of the message and its index.
    map: {
      value: (mapping: (...args: unknown[]) => unknown) => (mapping.length === 1 ? timestamps : records),
    },
  });
  return messages;
}
