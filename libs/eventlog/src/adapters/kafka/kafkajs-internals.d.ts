/** The parts of kafkajs 2.2.4 that kafkajs-repairs.ts mends and kafka-cluster.ts uses; not in its published types. */
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

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    writeBuffer(bytes: Buffer): this;
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  export interface FetchRequestTopic {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }
  export interface FetchRequest {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
  }
  export default function fetchRequest(request: {
    readonly replicaId: number;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly FetchRequestTopic[];
  }): FetchRequest;
}

declare module 'kafkajs/src/protocol/error.js' {
  export function createErrorFromCode(code: number): Error & { readonly type: string };
}
