import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, type MasterKey, MasterKeys, silentLogger } from '@samspill/eventlog';
import { createTestDatabase, type TestDatabase } from '@samspill/testing';
import { HubSpotSimulator } from '@samspill/testing/simulators';
import { DataSource } from 'typeorm';
import { ConnectedCrms } from './connected-crms.js';
import type { ConnectionForm } from './connection-form.js';
import { ConnectionStore } from './connection-store.js';
import { CreateConnection1766400000000 } from './create-connection.migration.js';

const ACME = 'acme';
const TOKEN = 'pat-eu1-very-secret';
const HUBSPOT: ConnectionForm = {
  kind: 'hubspot',
  account: 'Acme sales',
  secrets: { kind: 'private-app', token: TOKEN },
};
const key = (id: string): MasterKey => ({ id, key: randomBytes(32) });
const [OLD, NEW] = [key('2025'), key('2026')];
function ignore(): void {
  // Nothing is logged by tests.
}

describe('Connections to CRMs', () => {
  let home: TestDatabase;
  let database: Database;
  let store: ConnectionStore;

  beforeAll(async () => {
    home = await createTestDatabase({ prefix: 'crm_connection' });
    const dataSource = await new DataSource({
      type: 'postgres',
      url: home.url,
      migrations: [CreateConnection1766400000000],
    }).initialize();
    await dataSource.runMigrations();
    await dataSource.destroy();
    database = new Database({ url: home.url, applicationName: 'test', logger: silentLogger });
    store = new ConnectionStore(database, new MasterKeys([OLD]));
  });
  afterAll(async () => {
    await database.close();
    await home.drop();
  });

  it('are shown without what signs us in, which is in the database sealed only', async () => {
    const shown = await store.put(ACME, HUBSPOT, 'user:kari');
    expect(shown).toMatchObject({ company: ACME, kind: 'hubspot', account: 'Acme sales', secrets: 'kept' });
    expect(JSON.stringify([shown, await store.shown(ACME)])).not.toContain(TOKEN);
    const { rows } = await database.withClient((client) =>
      client.query<{ bytes: string }>(
        "SELECT encode(secrets || wrapped_key, 'escape') AS bytes FROM crm.connection",
      ),
    );
    expect(rows[0]?.bytes).not.toContain('secret');
    expect(await store.open(ACME)).toMatchObject(HUBSPOT);
    expect(await store.open('another')).toBeUndefined();
  });

  it('open for their own company only', async () => {
    await store.put(ACME, HUBSPOT, 'user:kari');
    await database.withClient((client) =>
      client.query(`INSERT INTO crm.connection (company, kind, account, revision, master_key, wrapped_key, secrets, connected_by)
        SELECT 'thief', kind, account, 0, master_key, wrapped_key, secrets, connected_by FROM crm.connection WHERE company = 'acme'`),
    );
    expect(await store.open('thief')).toBeUndefined();
    expect(await store.shown('thief')).toMatchObject({ secrets: 'unreadable' });
    expect(await store.remove('thief')).toBe(true);
  });

  it('are sealed anew when the master key is another, and say so where it is lost', async () => {
    await store.put(ACME, HUBSPOT, 'user:kari');
    const without = new ConnectionStore(database, new MasterKeys([NEW]));
    expect(await without.shown(ACME)).toMatchObject({ secrets: 'unreadable' });
    expect(await without.reseal()).toBe(1);
    const both = new ConnectionStore(database, new MasterKeys([NEW, OLD]));
    expect(await both.reseal()).toBe(0);
    expect(await without.open(ACME)).toMatchObject(HUBSPOT);
  });

  it('keep a refreshed token, unless the company was connected anew meanwhile', async () => {
    const secrets = { kind: 'oauth' as const, clientId: 'us', clientSecret: 'hush', refreshToken: 'r1' };
    await store.put(ACME, { ...HUBSPOT, secrets }, 'user:kari');
    const former = await store.open(ACME);
    if (!former) throw new Error('it is not connected');
    await store.keep(ACME, former, { ...secrets, refreshToken: 'r2' });
    expect(await store.open(ACME)).toMatchObject({
      secrets: { refreshToken: 'r2' },
      revision: former.revision,
    });
    await store.put(ACME, HUBSPOT, 'user:kari');
    await store.keep(ACME, former, { ...secrets, refreshToken: 'r3' });
    expect(await store.open(ACME)).toMatchObject(HUBSPOT);
  });

  it('give each company one client, another when it is connected anew, and none when it is disconnected', async () => {
    const hubspot = await HubSpotSimulator.start({ seed: 1 });
    const simulators = { hubspot: hubspot.server.url };
    const crms = new ConnectedCrms({ store, log: ignore, simulators });
    const secrets = { kind: 'private-app' as const, token: hubspot.staticToken };
    await store.put(ACME, { ...HUBSPOT, secrets }, 'user:kari');
    const [first, second] = await Promise.all([crms.of(ACME), crms.of(ACME)]);
    expect(first).toBeDefined();
    expect(second).toBe(first);
    expect(await first?.check(AbortSignal.timeout(5_000))).toMatchObject({ kind: 'ready' });
    await store.put(ACME, HUBSPOT, 'user:kari');
    const anew = await crms.of(ACME);
    expect(anew).not.toBe(first);
    expect(await anew?.check(AbortSignal.timeout(5_000))).toMatchObject({ code: 'crm.sign-in-refused' });
    expect(await store.remove(ACME)).toBe(true);
    expect(await store.remove(ACME)).toBe(false);
    expect(await crms.of(ACME)).toBeUndefined();
    await hubspot.stop();
  });
});
