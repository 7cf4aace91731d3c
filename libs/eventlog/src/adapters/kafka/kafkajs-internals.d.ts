/** The parts of kafkajs 2.2.4 that kafkajs-repairs.ts mends; not in its published types. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    constructor(options?: object);
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    readonly pending: readonly unknown[];
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    readonly buffer: Buffer;
    offset: number;
    readVarInt(): number;
    readVarIntArray(reader: unknown): unknown;
  }
}
