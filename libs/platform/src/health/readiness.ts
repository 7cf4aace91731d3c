import { setTimeout as delay } from 'node:timers/promises';

import type { EventLogStatus } from '@samspill/eventlog';

import type { OpenContext } from '../context/open-context.js';
import type { Lifecycle, Phase } from '../host/lifecycle.js';

/** A database that takes longer to say «1» cannot serve anybody; probes wait one to a few seconds. */
const DATABASE_TIMEOUT_MS = 1_000;
/** How often a wait for readiness looks again. */
const POLL_MS = 50;

const NOT_SERVING: Readonly<Record<Exclude<Phase, 'serving'>, string>> = {
  starting: 'The service is starting.',
  unready: 'The service is about to stop.',
  leaving: 'The service is stopping.',
};

/** Part of a context that readiness is about. */
export type ReadinessSource = Pick<OpenContext, 'definition' | 'database' | 'eventLog'>;

/** Whether this process can do its work, and if not, what it lacks, each in a sentence. */
export class Readiness {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly contexts: readonly ReadinessSource[],
  ) {}

  /** What is missing; nothing when ready. */
  async missing(): Promise<readonly string[]> {
    const { phase } = this.lifecycle;
    const own = phase === 'serving' ? [] : [NOT_SERVING[phase]];
    const lacking = await Promise.all(this.contexts.map(missingOf));
    return [...own, ...lacking.flat()];
  }

  /** Resolves when nothing is missing. @throws Error with what is missing after `timeoutMs` */
  async whenReady(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const missing = await this.missing();
      if (missing.length === 0) return;
      if (Date.now() >= deadline) throw new Error(`Not ready after ${timeoutMs} ms. ${missing.join(' ')}`);
      await delay(POLL_MS);
    }
  }
}

async function missingOf({ definition, database, eventLog }: ReadinessSource): Promise<readonly string[]> {
  const { name } = definition.manifest;
  const log = missingOfLog(eventLog.status());
  const sentences = (await answers(database)) ? log : ['The database does not answer.', ...log];
  return sentences.map((sentence) => `${name}: ${sentence}`);
}

/** What the event log lacks. A projection that is behind is not missing: it shows what was true a moment ago. */
export function missingOfLog({ gate, relay, projections }: EventLogStatus): readonly string[] {
  const missing: string[] = [];
  if (gate.state === 'closed') missing.push(`Nothing can be written: ${gate.reason}`);
  if (relay.state === 'failing') missing.push(`Events do not reach the log: ${relay.reason}`);
  else if (relay.state !== 'running') missing.push('Events are not sent to the log yet.');
  if (projections.state === 'failing')
    missing.push(`Read tables do not follow the log: ${projections.reason}`);
  else if (projections.state === 'preparing')
    missing.push(`Read tables are not there yet: ${projections.reason}`);
  else if (projections.state === 'stopped') missing.push('Read tables do not follow the log yet.');
  return missing;
}

async function answers(database: ReadinessSource['database']): Promise<boolean> {
  const bound = new AbortController();
  const asked = database
    .withClient((client) => client.query('SELECT 1'))
    .then(
      () => true,
      () => false,
    );
  const late = delay(DATABASE_TIMEOUT_MS, false, { signal: bound.signal }).catch(() => false);
  try {
    return await Promise.race([asked, late]);
  } finally {
    bound.abort();
  }
}
