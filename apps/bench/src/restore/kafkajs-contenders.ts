import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type EachBatchPayload, type KafkaMessage } from 'kafkajs';
import pg from 'pg';
import type { ContactRow } from './bench-contact.js';
import type { Contender, Course } from './contender.js';
import { PLAIN_TABLE, plainUpsertParameters, UPSERT_PLAIN } from './plain-table.js';
import { stopwatch, type Elapsed } from './stopwatch.js';

/** How a projector on kafkajs is usually written: `eachBatch`, one batch after the other. */
async function consume(
  course: Course,
  handle: (payload: EachBatchPayload) => Promise<void>,
): Promise<Elapsed> {
  const kafka = new Kafka({ brokers: [...course.brokers], clientId: 'bench', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}` });
  const done = Promise.withResolvers<undefined>();
  let elapsed = stopwatch();
  let read = 0;
  // Joining a group is not counted: how long that takes is the broker's setting.
  consumer.on('consumer.group_join', () => (elapsed = stopwatch()));
  consumer.on('consumer.crash', ({ payload }) => {
    // A coordinator that is still loading is got over by beginning again; later on, events would be counted twice.
    if (!payload.restart || read > 0) done.reject(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [course.topic], fromBeginning: true });
  await consumer.run({
    eachBatch: async (payload) => {
      await handle(payload);
      read += payload.batch.messages.length;
      if (read >= course.events) done.resolve(undefined);
    },
  });
  await done.promise;
  const passed = elapsed();
  await consumer.disconnect();
  return passed;
}

export const consumeOnly: Contender = async (course) => ({
  ...(await consume(course, () => Promise.resolve())),
  rows: 0,
});

export const consumeParse: Contender = async (course) => ({
  ...(await consume(course, ({ batch }) => {
    for (const { value } of batch.messages) JSON.parse(value?.toString() ?? 'null');
    return Promise.resolve();
  })),
  rows: 0,
});

export const plainUpsert: Contender = async (course) => {
  const client = new pg.Client({ connectionString: course.databaseUrl });
  await client.connect();
  await client.query(PLAIN_TABLE);
  const passed = await consume(course, async ({ batch }) => {
    const rows = new Map<string, ContactRow>(); // the last of each key: one statement may not write a row twice
    for (const message of batch.messages) {
      const row = rowOf(message);
      rows.set(`${row.company}/${row.number}`, row);
    }
    await client.query({
      name: 'upsert',
      text: UPSERT_PLAIN,
      values: plainUpsertParameters([...rows.values()]),
    });
  });
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM contact');
  await client.end();
  return { ...passed, rows: Number(rows[0]?.count) };
};

function rowOf({ key, value, headers }: KafkaMessage): ContactRow {
  const contact = JSON.parse(value?.toString() ?? 'null') as {
    readonly number: string;
    readonly name: string;
    readonly email: string;
    readonly address: { readonly town: string };
    readonly credit: number;
  };
  const { number, name, email, address, credit } = contact;
  return {
    company: key?.toString() ?? '',
    number,
    name,
    email,
    town: address.town,
    credit,
    changes: Number(headers?.['ce_streamversion']),
    changed_at: String(headers?.['ce_time']),
  };
}
