import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** How often connections are looked for on which nothing is going on. */
const SWEEP_MS = 100;

/**
 * Closes in Nest's order: HTTP once its last request is answered, then the event logs. Node closes idle connections only once,
 * when closing begins; one that falls idle later, behind an answer that had already begun, would be waited for until its
 * caller tires of it.
 */
export async function closeApplication(app: NestFastifyApplication): Promise<void> {
  const server = app.getHttpServer();
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}
