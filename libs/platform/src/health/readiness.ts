import { setTimeout as delay } from 'node:timers/promises';

import type { EventLogStatus } from '@samspill/eventlog';

import type { OpenContext } from '../context/open-context.js';
import type { Lifecycle, Phase } from '../host/lifecycle.js';

/** A database that takes longer to say «1» cannot serve anybody; probes wait three seconds. */
const DATABASE_TIMEOUT_MS = 2_000;
/** How often a wait for readiness looks again. */
const POLL_MS = 50;

const NOT_SERVING: Readonly<Record<Exclude<Phase, 'serving'>, string>> = {
  starting: 'The service is starting.',
  unready: 'The service is about to stop.',
  leaving: 'The service is stopping.',
};

/** What readiness asks of a context. */
export interface ReadinessSource {
  readonly name: string;
  /** Whether its database answers. */
  answers(): Promise<boolean>;
  status(): EventLogStatus;
}

/** Part of a context that readiness is about. */
export type ContextToWatch = Pick<OpenContext, 'definition' | 'database' | 'eventLog'>;

export function readinessSource({ definition, database, eventLog }: ContextToWatch): ReadinessSource {
  return {
    name: definition.manifest.name,
    answers: () => answers(database),
    status: () => eventLog.status(),
  };
}

/** What does not work, each thing in a sentence. */
export interface Lacks {
  /** Without it requests cannot be answered. */
  readonly missing: readonly string[];
  /** Requests are answered all the same: what is written waits in the database, what is read is as it was. */
  readonly impaired: readonly string[];
}

/**
 * Whether this process can do its work, and if not, what it lacks. Until everything was found to work once, by whoever asks, everything
 * counts: a new pod that cannot reach the log never takes the place of one that can. Afterwards a log that is away leaves it ready, since
 * the log is away from all pods alike, and with every one of them left out nobody could write or read at all (ADR 28).
 */
export class Readiness {
  #hasWorked = false;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly contexts: readonly ReadinessSource[],
  ) {}

  async look(): Promise<Lacks> {
    const { phase } = this.lifecycle;
    const own = phase === 'serving' ? [] : [NOT_SERVING[phase]];
    const lacks = await Promise.all(this.contexts.map(lacksOf));
    const missing = [...own, ...lacks.flatMap((lack) => lack.missing)];
    const impaired = lacks.flatMap((lack) => lack.impaired);
    this.#hasWorked ||= missing.length === 0 && impaired.length === 0;
    return this.#hasWorked ? { missing, impaired } : { missing: [...missing, ...impaired], impaired: [] };
  }

  /** What is missing; nothing when ready. */
  async missing(): Promise<readonly string[]> {
    return (await this.look()).missing;
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

async function lacksOf(context: ReadinessSource): Promise<Lacks> {
  const named = (sentences: readonly string[]) => sentences.map((sentence) => `${context.name}: ${sentence}`);
  const { missing, impaired } = lacksOfLog(context.status());
  return {
    missing: named((await context.answers()) ? missing : ['The database does not answer.', ...missing]),
    impaired: named(impaired),
  };
}

/** What the event log lacks. A projection that is behind is neither: it shows what was true a moment ago. */
export function lacksOfLog({ gate, relay, projections }: EventLogStatus): Lacks {
  const missing: string[] = [];
  const impaired: string[] = [];
  if (gate.state === 'closed') missing.push(`Nothing can be written: ${gate.reason}`);
  if (relay.state === 'failing') impaired.push(`Events do not reach the log: ${relay.reason}`);
  else if (relay.state !== 'running') impaired.push('Events are not sent to the log yet.');
  if (projections.state === 'failing')
    impaired.push(`Read tables do not follow the log: ${projections.reason}`);
  else if (projections.state === 'preparing')
    missing.push(`Read tables are not there yet: ${projections.reason}`);
  else if (projections.state === 'stopped') impaired.push('Read tables do not follow the log yet.');
  return { missing, impaired };
}

async function answers(database: OpenContext['database']): Promise<boolean> {
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
