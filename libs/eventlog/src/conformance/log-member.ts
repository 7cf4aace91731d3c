import { KafkaLog } from '../adapters/kafka/kafka-log.js';
import { PostgresLog } from '../adapters/postgres/postgres-log.js';
import type { Log } from '../log.js';
import { silentLogger } from '../logger.js';

/**
 * A member of a group as a process of its own, for tests that kill it: `node log-member.js kafka|postgres ADDRESS GROUP TOPIC`.
 * Prints `read PARTITION OFFSET` for each record it is given, from the start of every partition.
 */
const [kind = '', address = '', group = '', topic = ''] = process.argv.slice(2);

async function open(): Promise<Log> {
  if (kind === 'postgres') return await PostgresLog.open({ url: address, logger: silentLogger });
  return new KafkaLog({ brokers: address.split(','), clientId: 'member', logger: silentLogger });
}

const log = await open();
await log.subscribe(group, [topic], {
  position: () => Promise.resolve(0n),
  handle: ({ partition, records }) => {
    for (const { offset } of records) process.stdout.write(`read ${partition} ${offset}\n`);
    return Promise.resolve();
  },
});
process.stdout.write('ready\n');
