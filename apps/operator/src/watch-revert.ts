import { setTimeout as delay } from 'node:timers/promises';
import { revertAnswer } from '@samspill/platform/answers';
import type { z } from 'zod';
import type { Cli } from './cli.js';
import { EXIT, Stop } from './exit-codes.js';
import { deedsOf, revertProgress } from './render/revert-lines.js';
import type { Answer, ServiceClient } from './service-client.js';
import { patiently } from './watch.js';

export type RevertSeen = z.output<typeof revertAnswer>;

const LOOK_MS = 300;
/** Where nobody looks on, a line so often. */
const LINE_EVERY_MS = 5_000;

/**
 * Follows a revert until it has ended or waits for a person.
 * @throws Stop at Ctrl-C, saying how to come back; and where the service stays away
 */
export async function watchRevert(cli: Cli, service: ServiceClient, id: string): Promise<Answer<RevertSeen>> {
  const comeBack = `samspill revert watch ${id}${cli.addressing}`;
  const interrupted = new AbortController();
  const forget = cli.terminal.onInterrupt(() => interrupted.abort());
  let lastMs = Date.now();
  try {
    for (;;) {
      const answer = await patiently(cli, comeBack, interrupted.signal, () =>
        service.call('GET', `reverts/${encodeURIComponent(id)}`, revertAnswer),
      );
      if (interrupted.signal.aborted)
        throw new Stop(EXIT.interrupted, `The revert goes on without you. Come back with: ${comeBack}`);
      if (!isAtWork(answer.value)) return answer;
      const line = revertProgress(answer.value, deedsOf(answer.value));
      if (!cli.isJson && cli.terminal.isInteractive) cli.terminal.progress(line);
      else if (!cli.isJson && Date.now() - lastMs > LINE_EVERY_MS) {
        lastMs = Date.now();
        cli.terminal.say(line);
      }
      await delay(LOOK_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
  } finally {
    forget();
  }
}

/** Whether more happens by itself. */
function isAtWork({ state, wish }: RevertSeen): boolean {
  if (state === 'planning' || state === 'started') return true;
  if (state === 'paused') return wish !== 'pause';
  return state === 'planned' && wish === 'cancel';
}
