import { once } from 'node:events';
import { createServer } from 'node:net';

import { EmbeddedPostgresError, errorCode } from './error.js';

/** Only this machine may connect; services that listen elsewhere bring their own database. */
export const LOOPBACK = '127.0.0.1';

/** A port on loopback that was free a moment ago. Another process may take it before it is used. */
export async function freePort(): Promise<number> {
  return probe(0);
}

/** @throws EmbeddedPostgresError `port-in-use` */
export async function assertPortFree(port: number): Promise<void> {
  try {
    await probe(port);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') throw portInUse(port, error);
    throw error;
  }
}

export function portInUse(port: number, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'port-in-use',
    `Port ${port} on ${LOOPBACK} is taken by another program. Stop that program or choose another port for Postgres.`,
    { cause },
  );
}

async function probe(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return address.port;
}
