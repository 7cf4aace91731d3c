import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MasterKeys } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { HubSpotSimulator } from '@samspill/testing/simulators';
import pg from 'pg';
import { QUICK } from '../crm-service.specification.js';
import { ToyCrms } from '../crm/toy-crm.specification.js';
import { CrmWorld, customer } from '../crm-world.specification.js';
import { crmContextWith } from '../crm.module.js';
import { ConnectedCrms } from './connected-crms.js';
import { ConnectionStore } from './connection-store.js';

const MASTER_KEY_BYTES = 32;

/** docs/runbooks/connection-secrets-from-backup.md, step by step; its `samspill` commands as requests. */
describe('connections put back from a backup beside a newer log', () => {
  const opened = new AsyncDisposableStack();
  let hubspot: HubSpotSimulator;
  let world: CrmWorld;

  beforeAll(async () => {
    hubspot = opened.adopt(await HubSpotSimulator.start({ seed: 1 }), (one) => one.stop());
    const keys = new MasterKeys([{ id: '2026', key: randomBytes(MASTER_KEY_BYTES) }]);
    const context = crmContextWith(({ database }) => {
      const store = new ConnectionStore(database, keys);
      const simulators = { hubspot: hubspot.server.url };
      const crms = new ConnectedCrms({ store, log: () => undefined, simulators });
      return { crms, store, limits: QUICK };
    });
    world = opened.adopt(await CrmWorld.open(new ToyCrms(), { context }), (one) => one.close());
  });
  afterAll(() => opened.disposeAsync());

  async function connect(company: CompanyId): Promise<void> {
    const secrets = { kind: 'private-app', token: hubspot.staticToken };
    const form = { kind: 'hubspot', account: 'a test', secrets };
    expect(await world.request('PUT', `${company}/connection`, form)).toMatchObject({ status: 200 });
  }

  async function delivered(company: CompanyId, customers: number): Promise<void> {
    await waitFor(async () => (await world.link(company)).customers.delivered === customers, {
      describe: `${customers} customers of ${company} to be delivered`,
    });
  }

  it('L8 L10 are used again, except for those of companies that have connected anew or disconnected since', async () => {
    const [same, renewed, left] = [await world.company(), await world.company(), await world.company()];
    for (const company of [same, renewed, left]) {
      await connect(company);
      await world.request('POST', `${company}/link/start`);
      await world.put(company, customer('10', 'Fjord AS'));
      await delivered(company, 1);
    }
    const backup = await run<{ all: string }>('SELECT json_agg(c)::text AS all FROM crm.connection c');
    const madeAt = new Date().toISOString();
    await connect(renewed);
    await world.request('DELETE', `${left}/connection`);
    for (const company of [same, renewed, left]) await world.put(company, customer('11', 'Fjell AS'));
    await Promise.all([delivered(same, 2), delivered(renewed, 2)]);

    await world.loseDatabase();
    await waitFor(async () => (await world.request('GET', `${same}/link`)).status === 200, {
      describe: 'the company to be known again',
    });
    expect(await world.link(same)).toMatchObject({ connected: false, reason: { code: 'crm.not-connected' } });
    await run('CREATE TABLE crm.put_back (LIKE crm.connection)');
    await run('INSERT INTO crm.put_back SELECT * FROM json_populate_recordset(NULL::crm.connection, $1)', [
      backup[0]?.all,
    ]);
    await run('INSERT INTO crm.connection SELECT * FROM crm.put_back ON CONFLICT (company) DO NOTHING');
    await run('DROP TABLE crm.put_back');
    await run("SELECT setval('crm.connection_revision', (SELECT max(revision) + 1 FROM crm.connection))");

    const since = async (kind: string): Promise<readonly (string | undefined)[]> => {
      const entries = await world.audited({ kind, since: madeAt });
      return [...new Set(entries.map(({ scope }) => scope['company']))];
    };
    const changed = [...(await since('crm-connect')), ...(await since('crm-disconnect'))];
    expect(changed).toEqual([renewed, left]);
    await run('DELETE FROM crm.connection WHERE connected_at < $1 AND company = ANY ($2)', [madeAt, changed]);
    await world.stop();
    await world.start();
    await world.releaseReactors();

    await world.put(same, customer('12', 'Foss AS'));
    await delivered(same, 3);
    for (const company of [renewed, left])
      expect((await world.request('GET', `${company}/connection`)).status).toBe(404);
    await connect(renewed);
    await delivered(renewed, 2);
    expect(await world.link(left)).toMatchObject({ connected: false, customers: { delivered: 1 } });
    expect(hubspot.live('companies')).toHaveLength(6);
    expect(hubspot.repeated).toEqual([]);
  });

  async function run<Row extends object>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: world.databaseUrl });
    await client.connect();
    try {
      return (await client.query<Row & pg.QueryResultRow>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }
});
