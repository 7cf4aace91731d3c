import { Kafka, logLevel } from 'kafkajs';

import { waitFor } from '../wait-for.js';

/** A JVM on a busy machine with two cores; the first start in a container also formats its storage. */
const READY_TIMEOUT_MS = 90_000;
const ATTEMPT_TIMEOUT_MS = 2_000;

/**
 * Waits until the broker is part of its own cluster and takes requests.
 * @throws Error when it ended first, or is not there in time
 */
export async function waitForBroker(broker: string, hasEnded: () => boolean = () => false): Promise<void> {
  await waitFor(async () => hasEnded() || (await isThere(broker)), {
    describe: `Kafka on ${broker}`,
    timeoutMs: READY_TIMEOUT_MS,
    intervalMs: 100,
  });
  if (hasEnded()) throw new Error(`Kafka on ${broker} ended while it was starting.`);
}

/** @returns whether a broker answers; never throws */
export async function isThere(broker: string): Promise<boolean> {
  const admin = new Kafka({
    brokers: [broker],
    logLevel: logLevel.NOTHING,
    connectionTimeout: ATTEMPT_TIMEOUT_MS,
    requestTimeout: ATTEMPT_TIMEOUT_MS,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
