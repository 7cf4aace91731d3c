import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { uuidv7 } from '@samspill/eventlog';

import { PROBLEM_JSON, problemOf } from './problem.js';

/** What Node's HTTP parser cannot read: https://nodejs.org/api/http.html#event-clienterror */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is not even HTTP, on the bare socket, in the same shape as everything else. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy(error);
    return;
  }
  const status = STATUSES[error.code ?? ''] ?? 400;
  const detail = 'The request is not well-formed HTTP, too large, or too slow.';
  const body = JSON.stringify(
    problemOf({ status, code: 'request.malformed', detail, faults: [] }, '/', uuidv7()),
  );
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${PROBLEM_JSON}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
