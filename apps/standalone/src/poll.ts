import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 20;
const TIMEOUT_MS = 120_000;

/** Asks until there is an answer. @throws Error naming what was waited for */
export async function pollUntil<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const giveUpAtMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > giveUpAtMs) throw new Error(`Waited ${TIMEOUT_MS / 1_000} s for ${what}.`);
    await delay(INTERVAL_MS);
  }
}
