import {
  ChainCheck,
  fromRecord,
  KafkaLog,
  uuidv7,
  type LogManifest,
  type RecordBatch,
} from '@samspill/eventlog';
import { quiet } from '../quiet.js';
import { contactsManifest } from './bench-contact.js';
import type { Contender, Course, Run } from './contender.js';
import { sealedContactsManifest } from './sealed-contact.js';
import { startService } from './samspill-service.js';
import { stopwatch, type Elapsed } from './stopwatch.js';

export const readOnly: Contender = async (course) => ({
  ...(await readAll(course, () => Promise.resolve())),
  rows: 0,
});

/** Whether each event follows from the one before it in its stream; what a rebuild leaves to a pass of its own. */
export const chainCheck: Contender = async (course) => {
  const check = new ChainCheck();
  const elapsed = await readAll(course, ({ records }) => {
    for (const record of records) {
      const fault = check.next(fromRecord(record));
      if (fault) throw new Error(fault.detail);
    }
    return Promise.resolve();
  });
  return { ...elapsed, rows: 0 };
};

async function readAll(
  { brokers, topic, events }: Course,
  handle: (batch: RecordBatch) => Promise<void>,
): Promise<Elapsed> {
  const log = new KafkaLog({ brokers, clientId: 'bench', logger: quiet });
  const elapsed = stopwatch();
  let read = 0;
  const ranges = (await log.ends(topic)).map(({ begin, end }, partition) => ({
    topic,
    partition,
    from: begin,
    to: end,
  }));
  await log.read(ranges, async (batch) => {
    read += batch.records.length;
    await handle(batch);
  });
  const passed = elapsed();
  await log.close();
  if (read !== events) throw new Error(`${read} of ${events} records were read`);
  return passed;
}

export const rebuildState: Contender = (course) =>
  rebuild(course, contactsManifest(course.topic), 'bench.contact');

/** The service holds every key when it begins. */
export const rebuildStateEncrypted: Contender = (course) =>
  rebuild(course, sealedContactsManifest(course.topic), 'bench.sealed-contact');

export const rebuildEvery: Contender = (course) =>
  rebuild(course, contactsManifest(course.topic), 'bench.contact-changes');

/**
 * From the call to rows that are indexed, verified against the live ones and switched to. The first build at start makes the live rows;
 * the service's own topic is another, empty one, so that there is no event store to be filled first.
 */
async function rebuild(course: Course, all: LogManifest, name: string): Promise<Run> {
  const projections = all.projections.filter((projection) => projection.name === name);
  const service = await startService(course, { ...all, topic: `${course.topic}.${uuidv7()}`, projections });
  const elapsed = stopwatch();
  const { progress } = await service.eventLog.rebuild(name, 'benchmark');
  const run = { ...elapsed(), rows: progress.rows };
  await service.stop();
  return run;
}
