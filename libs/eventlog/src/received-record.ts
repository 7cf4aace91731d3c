import type { LogRecord, ReceivedRecord } from './log.js';

/** A received record whose parts are there already: from memory, or from a client that decodes all of it. */
export class DecodedRecord implements ReceivedRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
  readonly timestampMs: number;

  constructor(
    { key, headers, value, timestampMs }: LogRecord,
    readonly offset: bigint,
  ) {
    this.key = key;
    this.headers = headers;
    this.value = value;
    this.timestampMs = timestampMs;
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }

  detached(): DecodedRecord {
    return new DecodedRecord({ ...decodedWhole(this), value: Buffer.from(this.value) }, this.offset);
  }
}

/** A record's parts as plain data, all of them decoded. */
export function decodedWhole({ key, headers, value, timestampMs }: ReceivedRecord): LogRecord {
  return { key, headers, value, timestampMs };
}
