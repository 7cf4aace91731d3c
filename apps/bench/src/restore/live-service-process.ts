/** A service whose rows are rebuilt while it is written to, in a process of its own: `node live-service-process.js COURSE`. */
import { isRejection, PlatformError } from '@samspill/kernel';
import { UNFINISHED, uuidv7, type EventLog, type OperationPart } from '@samspill/eventlog';
import { waitFor } from '@samspill/testing';
import { contactChanged, contactOf, contactsManifest, contactStream } from './bench-contact.js';
import { epochMs, liveOrder, type LiveAnswer, type LiveCourse, type LiveOrder } from './live-service.js';
import { startService } from './samspill-service.js';

const PROJECTION = 'bench.contact';
const REBUILD_WITHIN_MS = 30 * 60_000;

const course = JSON.parse(process.argv[2] ?? '') as LiveCourse;
const all = contactsManifest(course.topic, course.liveTopic);
const projections = all.projections.filter(({ name }) => name === PROJECTION);
const { eventLog, stop } = await startService(course, { ...all, topic: course.liveTopic, projections });
process.on('message', (message) => void follow(liveOrder.parse(message)));
say({ kind: 'started' });

async function follow(order: LiveOrder): Promise<void> {
  switch (order.kind) {
    case 'write':
      await writeAtLast(eventLog, order);
      say({ kind: 'written', nth: order.nth, atMs: epochMs() });
      break;
    case 'rebuild': {
      const startedMs = performance.now();
      const { result } = await rebuild(eventLog, order.eventsPerSecond);
      say({ kind: 'rebuilt', ms: performance.now() - startedMs, switchMs: result?.switchMs ?? Number.NaN });
      break;
    }
    case 'stop':
      await stop();
      process.disconnect();
  }
}

/** As whoever sends changes would do it: what could not be taken is sent again. */
async function writeAtLast(log: EventLog, order: Extract<LiveOrder, { kind: 'write' }>): Promise<void> {
  for (;;) {
    try {
      await write(log, order);
      return;
    } catch (error) {
      if (!(error instanceof PlatformError && error.code === 'eventlog.database-unreachable')) throw error;
    }
  }
}

async function write(
  log: EventLog,
  { nth, company, number }: Extract<LiveOrder, { kind: 'write' }>,
): Promise<void> {
  const context = { actor: 'agent:0198-bench', correlationId: uuidv7(), now: new Date() } as const;
  await log.transact(context, (unit) => {
    const event = { type: contactChanged.type, data: { ...contactOf(nth, 1), number } };
    unit.append({ stream: contactStream(company, number), key: company }, 0, [event]);
    return Promise.resolve();
  });
}

async function rebuild(
  { operations }: EventLog,
  eventsPerSecond: number | undefined,
): Promise<OperationPart> {
  const started = await operations.rebuild({
    scope: { kind: 'projection', projection: PROJECTION },
    reason: 'benchmark',
    by: 'service:bench',
    throttle: eventsPerSecond === undefined ? {} : { eventsPerSecond },
  });
  if (isRejection(started)) throw new Error(started.detail);
  const ended = await waitFor(
    async () => {
      const now = await operations.find(started.id);
      if (isRejection(now)) throw new Error(now.detail);
      return UNFINISHED.includes(now.state) && now.state !== 'ready' ? undefined : now;
    },
    { timeoutMs: REBUILD_WITHIN_MS, describe: 'the rebuild' },
  );
  const [part] = ended.parts;
  if (ended.state !== 'done' || !part)
    throw new Error(`The rebuild is ${ended.state}: ${ended.failure ?? ''}`);
  return part;
}

function say(answer: LiveAnswer): void {
  process.send?.(answer);
}
