import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { uuidv7, type CommandContext, type Unit } from '@samspill/eventlog';
import { DataSource } from 'typeorm';
import { BatchIntake } from '../intake/batch-intake.js';
import {
  contextNow,
  directory,
  report,
  valueOf,
  World,
  type Service,
} from '../resync/resync-world.specification.js';
import { SyncReportEntry } from './sync-report.entity.js';
import { SyncReport } from './sync-report.js';

describe('the sync report', () => {
  let world: World;
  let service: Service;
  let entities: DataSource;

  beforeAll(async () => {
    world = await World.open();
    service = await world.service();
    entities = new DataSource({ type: 'postgres', url: world.database.url, entities: [SyncReportEntry] });
    await entities.initialize();
  });
  afterAll(async () => {
    await entities.destroy();
    await world.close();
  });

  it('C32 when a record is tried again that has come in meanwhile, what came in stays, and nothing is reported', async () => {
    const { eventLog, access } = service.dependencies;
    const company = await world.company(service);
    const intake = new BatchIntake(eventLog, access);
    const sendBatch = async (email: string): Promise<void> => {
      const record = { number: '10', name: 'Fjord', country: 'NO', email };
      const body = Buffer.from(JSON.stringify({ op: 'put', kind: 'customer', record }));
      const name = { agent: 'erp', incarnation: uuidv7(), sequence: 1 };
      valueOf(await intake.take(company, name, body, contextNow()));
    };
    await sendBatch('no address');
    expect(Object.keys(await report(service, company))).toEqual(['customer/10']);
    const mendedMeanwhile = {
      transact: async <T>(context: CommandContext, work: (unit: Unit) => Promise<T>): Promise<T> => {
        await sendBatch('post@fjord.no');
        return await eventLog.transact(context, work);
      },
    };
    const retried = await new SyncReport(mendedMeanwhile, entities, access).retryAll(company, contextNow());
    expect(retried).toEqual({ accepted: 0, rejected: 0 });
    expect(await report(service, company)).toEqual({});
    expect(await directory(service, company)).toEqual({ 'customer/10': 'Fjord' });
  });
});
