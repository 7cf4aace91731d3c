import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '@samspill/testing';
import { describeLog } from '../../conformance/log-contract.js';
import { publish, range, readAll, record } from '../../conformance/logs-of-test.js';
import { expectTakeover } from '../../conformance/member-killed.js';
import { silentLogger } from '../../logger.js';
import { PostgresLog } from './postgres-log.js';

let database: TestDatabase;
const connect = (): Promise<PostgresLog> => PostgresLog.open({ url: database.url, logger: silentLogger });

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database.drop();
});

describeLog('Postgres', { connect });

describe('Postgres: the log in a database', () => {
  it('can be opened by several processes at once, the first time too', async () => {
    const fresh = await createTestDatabase();
    const logs = await Promise.all(
      range(5).map(() => PostgresLog.open({ url: fresh.url, logger: silentLogger })),
    );
    await Promise.all(logs.map((log) => log.create(['test.once'], 3)));
    expect(await logs[0]?.ends('test.once')).toHaveLength(3);
    await Promise.all(logs.map((log) => log.close()));
    await fresh.drop();
  });

  it('gives out offsets without gaps and in the order of commits to writers that meet', async () => {
    const logs = await Promise.all(range(4).map(connect));
    const topic = 'test.race';
    await logs[0]?.create([topic], 3);
    await Promise.all(
      logs.map(async (log, who) => {
        const writer = await log.writer();
        for (const round of range(40)) {
          const batches = new Map(
            [2, 0, 1].map((partition) => [
              partition,
              [record(`${who}-${round}-a`), record(`${who}-${round}-b`)],
            ]),
          );
          await writer.publish(topic, batches);
        }
      }),
    );
    const [log] = logs;
    if (!log) throw new Error('no log');
    for (const [, records] of await readAll(log, topic)) {
      expect(records.map(({ offset }) => offset)).toEqual(range(320).map(BigInt));
      const firsts = records.filter((_, index) => index % 2 === 0).map(({ key }) => key.slice(0, -2));
      expect(records.filter((_, index) => index % 2 === 1).map(({ key }) => key.slice(0, -2))).toEqual(
        firsts,
      );
      for (const who of range(4)) {
        const rounds = firsts
          .filter((key) => key.startsWith(`${who}-`))
          .map((key) => Number(key.split('-')[1]));
        expect(rounds).toEqual(range(40).map(Number));
      }
    }
    await Promise.all(logs.map((client) => client.close()));
  });

  it('gives the partitions of a killed process to the others of its group', async () => {
    const log = await connect();
    await expectTakeover(log, 'postgres', database.url);
    await log.close();
  });

  it('does not let records be changed or deleted', async () => {
    const log = await connect();
    await log.create(['test.kept'], 1);
    await publish(log, 'test.kept', 0, range(1));
    const client = new pg.Client(database.url);
    await client.connect();
    await expect(client.query('DELETE FROM log.record')).rejects.toThrow('kept for ever');
    await expect(client.query(`UPDATE log.record SET key = 'x'`)).rejects.toThrow('kept for ever');
    await client.end();
    await log.close();
  });
});
