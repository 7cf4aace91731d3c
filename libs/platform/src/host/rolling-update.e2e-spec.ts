import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { PARTITIONS } from '@samspill/contracts';
import { Database, fromRecord, KafkaLog, silentLogger } from '@samspill/eventlog';
import { createTestDatabase, uniqueName, waitFor } from '@samspill/testing';
import { describeWithKafka } from '@samspill/testing/jest';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { Pod, ReadyPods } from './ready-pods.specification.js';

const mainOf = (release: 1 | 2): string =>
  fileURLToPath(new URL(`../../dist/host/tiny/release-${release}.js`, import.meta.url));
/** At once; each has notes of its own, so that versions tell what was taken. */
const SENDERS = 4;
const NOTES_EACH = 5;
/** Some hundred requests a second in all leave the machine to the pods. */
const PAUSE_MS = 20;
/** Four processes start and three end, on a machine that may be busy. */
const TIMEOUT_MS = 180_000;
/** Of what was lost, as much as tells why. */
const SHOWN_FAILURES = 5;
/** Longer than a probe takes to notice that a pod leaves. */
const SHUTDOWN_DELAY_MS = 1_000;

describeWithKafka('an update from one build to the next while requests come', ({ brokers }) => {
  const opened = new AsyncDisposableStack();
  let service: ReadyPods;
  let topic: string;
  let database: string;
  let log: KafkaLog;

  beforeAll(async () => {
    topic = uniqueName('tiny');
    database = opened.adopt(await createTestDatabase(), (unused) => unused.drop()).url;
    log = opened.adopt(new KafkaLog({ brokers, clientId: 'test', logger: silentLogger }), (unused) =>
      unused.close(),
    );
    await log.create([topic], PARTITIONS);
    service = opened.use(new ReadyPods());
  });
  afterAll(() => opened.disposeAsync());

  /** A pod of that build that gets requests. */
  async function added(release: 1 | 2): Promise<Pod> {
    const env = {
      SAMSPILL_HTTP_PORT: '0',
      SAMSPILL_DATABASE_URL: database,
      SAMSPILL_KAFKA_BROKERS: brokers.join(','),
      SAMSPILL_SHUTDOWN_DELAY_MS: String(SHUTDOWN_DELAY_MS),
      TINY_TOPIC: topic,
    };
    const pod = opened.adopt(await Pod.start(mainOf(release), env), (unused) => unused.kill());
    await service.add(pod);
    return pod;
  }

  it(
    'loses no request and no event, doubles none, and each build shows what the other one took',
    async () => {
      const [first, second] = await Promise.all([added(1), added(1)]);
      // A broker on which no group has met yet lets the first members wait.
      await shows(first, await written(second, 'before'), { text: 'before' });
      await service.allReady();
      await using load = new Load(service);

      const third = await added(2);
      await shows(first, await written(third, 'by the new build'), { text: 'by the new build' });
      await shows(third, await written(first, 'by the old build'), { text: 'by the old build', length: 16 });
      expect(await first.stop()).toEqual({ code: 0, signal: null });
      const fourth = await added(2);
      expect(await second.stop()).toEqual({ code: 0, signal: null });
      await shows(fourth, await written(third, 'new alone'), { text: 'new alone', length: 9 });

      const back = await added(1);
      await shows(back, await written(fourth, 'rolled back'), { text: 'rolled back' });
      const { acknowledged, lost } = await load.end();
      expect(lost.slice(0, SHOWN_FAILURES)).toEqual([]);

      const expected = new Map([...acknowledged].map(([note, texts]) => [`tiny.note/${note}`, texts]));
      await waitFor(async () => (await published(expected)).length >= total(expected), {
        describe: 'everything to be on the log',
      });
      expect(grouped(await published(expected))).toEqual(expected);
      expect(grouped(await stored(expected))).toEqual(expected);
      for (const [note, texts] of acknowledged) await shows(fourth, note, { text: texts.at(-1) });
    },
    TIMEOUT_MS,
  );

  type Written = readonly { readonly stream: string; readonly text: string }[];

  /** What is on the topic of those streams, repeats too, in its order. */
  async function published(streams: ReadonlyMap<string, unknown>): Promise<Written> {
    const ends = await log.ends(topic);
    const ranges = ends.map(({ begin, end }, partition) => ({ topic, partition, from: begin, to: end }));
    const found: { stream: string; text: string }[] = [];
    await log.read(ranges, ({ records }) => {
      for (const { stream, value } of records.map((record) => fromRecord(record)))
        if (streams.has(stream)) found.push({ stream, text: textOf(value) });
      return Promise.resolve();
    });
    return found;
  }

  async function stored(streams: ReadonlyMap<string, unknown>): Promise<Written> {
    const store = new Database({
      url: database,
      applicationName: 'test',
      maxConnections: 1,
      logger: silentLogger,
    });
    try {
      const { rows } = await store.withClient((client) =>
        client.query<{ stream: string; value: Buffer }>(
          'SELECT stream, value FROM eventlog.event ORDER BY position',
        ),
      );
      return rows
        .filter(({ stream }) => streams.has(stream))
        .map(({ stream, value }) => ({ stream, text: textOf(value) }));
    } finally {
      await store.pool.end();
    }
  }
});

/** Requests that come whatever happens; what each was answered. None is sent again. */
class Load implements AsyncDisposable {
  readonly #acknowledged = new Map<string, string[]>();
  readonly #lost: string[] = [];
  readonly #senders: readonly Promise<void>[];
  #isToEnd = false;

  constructor(private readonly service: ReadyPods) {
    this.#senders = Array.from({ length: SENDERS }, (_, sender) => this.#send(sender));
  }

  async end() {
    await this[Symbol.asyncDispose]();
    return { acknowledged: this.#acknowledged, lost: this.#lost };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isToEnd = true;
    await Promise.all(this.#senders);
  }

  async #send(sender: number): Promise<void> {
    for (let count = 0; !this.#isToEnd; count += 1) {
      const note = `${sender}-${count % NOTES_EACH}`;
      const text = `text ${count}`;
      const taken = this.#acknowledged.get(note) ?? [];
      this.#acknowledged.set(note, taken);
      const failure = await this.service.send(`/api/tiny/v1/notes/${note}`, put(text)).then(
        async (response) => (response.status === 204 ? undefined : await response.text()),
        (error: unknown) => String(error),
      );
      if (failure === undefined) taken.push(text);
      else this.#lost.push(`${note} ${text}: ${failure}`);
      await delay(PAUSE_MS);
    }
  }
}

function put(text: string): RequestInit {
  return { method: 'PUT', body: JSON.stringify({ text }), headers: { 'content-type': 'application/json' } };
}

/** Writes a note of its own through that pod. */
async function written(pod: Pod, text: string): Promise<string> {
  const note = uniqueName('note');
  const { status } = await fetch(`${pod.url}/api/tiny/v1/notes/${note}`, put(text));
  expect(status).toBe(204);
  return note;
}

async function shows(pod: Pod, note: string, expected: object): Promise<void> {
  await waitFor(
    async () => {
      const response = await fetch(`${pod.url}/api/tiny/v1/notes/${note}`);
      expect(await response.json()).toMatchObject(expected);
      return true;
    },
    { describe: `${pod.url} to show ${JSON.stringify(expected)}` },
  );
}

function textOf(value: Buffer): string {
  const { text }: { text: string } = JSON.parse(value.toString());
  return text;
}

function grouped(
  events: readonly { stream: string; text: string }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { stream, text } of events) {
    const texts = groups.get(stream) ?? [];
    texts.push(text);
    groups.set(stream, texts);
  }
  return groups;
}

function total(groups: ReadonlyMap<string, readonly string[]>): number {
  return [...groups.values()].reduce((sum, { length }) => sum + length, 0);
}
