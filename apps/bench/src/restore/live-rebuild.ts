import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { uuidv7 } from '@samspill/eventlog';
import { viewName } from '@samspill/kernel';
import { percentile } from '../table.js';
import { contactsManifest } from './bench-contact.js';
import { epochMs, liveAnswer, type LiveAnswer, type LiveCourse, type LiveOrder } from './live-service.js';

const MAIN = join(import.meta.dirname, 'live-service-process.js');
/** What a service still takes while it rebuilds at full speed: a change needs several turns of a thread that is busy. */
const CHANGES_PER_SECOND = 100;
/** Companies that changes are made for, over the partitions. */
const COMPANIES = 24;
/** How often rows are looked for: what is measured is at most this much too long. */
const POLL_MS = 5;
/** A service that has just been started takes its time for its first changes. */
const WARM_UP_MS = 3_000;
/** How long is measured without a rebuild. */
const IDLE_MS = 5_000;
/** Rebuilds at full speed: one of few events is over before many changes have been made. */
const FULL_SPEED_REBUILDS = 3;
/** After the last change. */
const ALL_VISIBLE_WITHIN_MS = 60_000;

/** Propagation of single changes, from their acknowledgement until their rows are seen, in milliseconds. */
export interface LiveFigures {
  readonly changesPerSecond: number;
  readonly idleP99Ms: number;
  readonly fullSpeedP99Ms: number;
  readonly throttledP99Ms: number;
  /** Half of what the rebuild did at full speed. */
  readonly throttledTo: number;
  /** For how long live batches were held, by each switch. */
  readonly switchMs: readonly number[];
}

/** A service is written to steadily while its rows are rebuilt, at full speed and then throttled to half of it. */
export async function measureLive(course: LiveCourse): Promise<LiveFigures> {
  const service = await LiveService.start(course);
  const traffic = await Traffic.start(course, service);
  try {
    await traffic.during(() => delay(WARM_UP_MS));
    const idle = await traffic.during(() => delay(IDLE_MS));
    const switchMs: number[] = [];
    const rebuildsMs: number[] = [];
    const rebuild = async (eventsPerSecond?: number): Promise<void> => {
      const rebuilt = await service.rebuild(eventsPerSecond);
      switchMs.push(rebuilt.switchMs);
      rebuildsMs.push(rebuilt.ms);
    };
    const fullSpeed = await traffic.during(async () => {
      for (let nth = 0; nth < FULL_SPEED_REBUILDS; nth += 1) await rebuild();
    });
    const throttledTo = Math.round((course.events * 1_000) / percentile(rebuildsMs, 50) / 2);
    const throttled = await traffic.during(() => rebuild(throttledTo));
    return {
      changesPerSecond: CHANGES_PER_SECOND,
      idleP99Ms: percentile(idle, 99),
      fullSpeedP99Ms: percentile(fullSpeed, 99),
      throttledP99Ms: percentile(throttled, 99),
      throttledTo,
      switchMs,
    };
  } finally {
    await traffic.stop();
    await service.stop();
  }
}

class LiveService {
  readonly #listeners = new Set<(answer: LiveAnswer) => void>();
  readonly ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message) => {
      const answer = liveAnswer.parse(message);
      for (const listener of this.#listeners) listener(answer);
    });
    this.ended = new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`the live service ended with ${signal ?? code}`));
      });
    });
    this.ended.catch(() => undefined); // met by whoever waits for an answer
  }

  static async start(course: LiveCourse): Promise<LiveService> {
    const child = fork(MAIN, [JSON.stringify(course)], {
      execArgv: ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning'],
    });
    const service = new LiveService(child);
    await service.#answer('started');
    return service;
  }

  on(listener: (answer: LiveAnswer) => void): void {
    this.#listeners.add(listener);
  }

  tell(order: LiveOrder): void {
    this.child.send(order);
  }

  async rebuild(eventsPerSecond?: number): Promise<Extract<LiveAnswer, { kind: 'rebuilt' }>> {
    const rebuilt = this.#answer('rebuilt');
    this.tell({ kind: 'rebuild', ...(eventsPerSecond !== undefined && { eventsPerSecond }) });
    return await rebuilt;
  }

  async stop(): Promise<void> {
    if (this.child.connected) this.tell({ kind: 'stop' });
    await this.ended;
  }

  async #answer<Kind extends LiveAnswer['kind']>(kind: Kind): Promise<Extract<LiveAnswer, { kind: Kind }>> {
    const { promise, resolve } = Promise.withResolvers<Extract<LiveAnswer, { kind: Kind }>>();
    const listener = (answer: LiveAnswer): void => {
      if (isOf(answer, kind)) resolve(answer);
    };
    this.#listeners.add(listener);
    const gone = this.ended.then(() => Promise.reject(new Error('the live service ended')));
    try {
      return await Promise.race([promise, gone]);
    } finally {
      gone.catch(() => undefined);
      this.#listeners.delete(listener);
    }
  }
}

function isOf<Kind extends LiveAnswer['kind']>(
  answer: LiveAnswer,
  kind: Kind,
): answer is Extract<LiveAnswer, { kind: Kind }> {
  return answer.kind === kind;
}

interface Change {
  readonly company: string;
  readonly number: string;
  writtenMs: number | undefined;
  visibleMs: number | undefined;
}

/** A steady stream of changes, and somebody who looks for their rows. */
class Traffic {
  readonly #changes: Change[] = [];
  readonly #waiting = new Map<string, Change>();
  readonly #companies = Array.from({ length: COMPANIES }, () => uuidv7());
  readonly #end = new AbortController();
  readonly #select: string;
  #working: Promise<unknown> = Promise.resolve();

  private constructor(
    course: LiveCourse,
    private readonly service: LiveService,
    private readonly database: pg.Client,
  ) {
    const [projection] = contactsManifest(course.topic).projections;
    if (!projection) throw new Error('there is no projection');
    // The primary key, once for each change.
    this.#select = `
      SELECT seen.number FROM unnest($1::text[], $2::text[]) AS waiting (company, number)
      CROSS JOIN LATERAL (SELECT number FROM read.${pg.escapeIdentifier(viewName(projection))} AS v
        WHERE v.company = waiting.company AND v.number = waiting.number LIMIT 1) AS seen`;
  }

  static async start(course: LiveCourse, service: LiveService): Promise<Traffic> {
    const database = new pg.Client({ connectionString: course.databaseUrl });
    await database.connect();
    const traffic = new Traffic(course, service, database);
    service.on((answer) => {
      if (answer.kind === 'written') traffic.#written(answer.nth, answer.atMs);
    });
    traffic.#working = Promise.all([traffic.#write(), traffic.#watch()]);
    return traffic;
  }

  /** Propagation times of the changes that were made while `work` ran, in milliseconds. */
  async during(work: () => Promise<unknown>): Promise<readonly number[]> {
    const from = this.#changes.length;
    await work();
    const changes = this.#changes.slice(from);
    const giveUpAtMs = epochMs() + ALL_VISIBLE_WITHIN_MS;
    while (changes.some(({ visibleMs }) => visibleMs === undefined)) {
      if (epochMs() > giveUpAtMs) throw new Error('not every change became visible');
      await delay(POLL_MS);
    }
    // A row may be seen before the answer to its change has come, which counts as no time at all.
    return changes.map(({ writtenMs = 0, visibleMs = 0 }) => Math.max(0, visibleMs - writtenMs));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#working;
    await this.database.end();
  }

  async #write(): Promise<void> {
    const startedMs = epochMs();
    while (!this.#end.signal.aborted) {
      const due = ((epochMs() - startedMs) * CHANGES_PER_SECOND) / 1_000;
      while (this.#changes.length < due) {
        const nth = this.#changes.length;
        const company = this.#companies[nth % COMPANIES] ?? '';
        const number = `L${nth}`;
        this.#changes.push({ company, number, writtenMs: undefined, visibleMs: undefined });
        this.service.tell({ kind: 'write', nth, company, number });
      }
      await delay(1_000 / CHANGES_PER_SECOND);
    }
  }

  #written(nth: number, atMs: number): void {
    const change = this.#changes[nth];
    if (!change) return;
    change.writtenMs = atMs;
    this.#waiting.set(change.number, change);
  }

  async #watch(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const waiting = [...this.#waiting.values()];
      const { rows } = await this.database.query<{ number: string }>({
        name: 'watch',
        text: this.#select,
        values: [waiting.map(({ company }) => company), waiting.map(({ number }) => number)],
      });
      const nowMs = epochMs();
      for (const { number } of rows) {
        const change = this.#waiting.get(number);
        if (change) change.visibleMs = nowMs;
        this.#waiting.delete(number);
      }
      await delay(POLL_MS);
    }
  }
}
