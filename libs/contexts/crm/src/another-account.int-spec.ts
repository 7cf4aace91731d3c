import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MasterKeys } from '@samspill/eventlog';
import type { CompanyId } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { HubSpotSimulator, SuperOfficeSimulator } from '@samspill/testing/simulators';
import type { ConnectionForm } from './connection/connection-form.js';
import { ConnectedCrms } from './connection/connected-crms.js';
import { ConnectionStore } from './connection/connection-store.js';
import { ToyCrms } from './crm/toy-crm.specification.js';
import { CrmWorld, customer, put } from './crm-world.specification.js';
import { crmContextWith } from './crm.module.js';
import { connectSuperOffice } from './superoffice/connect-superoffice.js';
import { customer as wished, put as wish } from './vendor/wishes.specification.js';

const NEVER = new AbortController().signal;
const MASTER_KEY_BYTES = 32;
/** Both vendors count from here, so that their ids are the same. */
const BEFORE_FIRST_ID = 100;
const QUICK = { firstRetryMs: 20, longestRetryMs: 200 };
const OFTEN_MS = 50;
/** Whoever connects comes to the end of it by itself. */
const LONG_MS = 3_600_000;
const STRANGERS = ['Stranger 1', 'Stranger 2', 'Stranger 3'];

describe('a company that is connected to another account', () => {
  const opened = new AsyncDisposableStack();
  let world: CrmWorld;
  let connections: ConnectionStore;
  const times = { everyMs: OFTEN_MS, afterMs: LONG_MS };
  let hubspot: HubSpotSimulator;
  let superOffice: SuperOfficeSimulator;
  let company: CompanyId;

  beforeAll(async () => {
    hubspot = opened.adopt(await HubSpotSimulator.start({ seed: 1, beforeFirstId: BEFORE_FIRST_ID }), (one) =>
      one.stop(),
    );
    superOffice = opened.adopt(await SuperOfficeSimulator.start({ seed: 1 }), (one) => one.stop());
    const simulators = { hubspot: hubspot.server.url, superoffice: superOffice.server.url };
    const context = crmContextWith(({ database }) => {
      const keys = new MasterKeys([{ id: '2026', key: randomBytes(MASTER_KEY_BYTES) }]);
      const store = new ConnectionStore(database, keys);
      connections = store;
      const crms = new ConnectedCrms({ store, log: () => undefined, simulators });
      return { crms, store, limits: QUICK, unfinished: times };
    });
    world = opened.adopt(await CrmWorld.open(new ToyCrms(), { context }), (one) => one.close());
    company = await world.company();
  });
  afterAll(() => opened.disposeAsync());

  const secrets = () => {
    const { customer: tenant, applicationToken, systemUserToken, privateKey } = superOffice.tickets;
    const apiUrl = `https://sod.superoffice.com/${tenant}/api`;
    const tokens = { applicationToken, systemUserToken, privateKey };
    return { kind: 'system-user' as const, environment: 'sod' as const, customer: tenant, apiUrl, ...tokens };
  };

  function form(kind: 'hubspot' | 'superoffice'): ConnectionForm {
    const account = 'Fjord sales';
    return kind === 'superoffice'
      ? { kind, account, secrets: secrets() }
      : { kind, account, secrets: { kind: 'private-app', token: hubspot.staticToken } };
  }

  async function connect(kind: 'hubspot' | 'superoffice'): Promise<void> {
    expect(await world.request('PUT', `${company}/connection`, form(kind))).toMatchObject({ status: 200 });
  }

  /** Records of others, which have no field of ours filled in. */
  async function strangers(): Promise<void> {
    const crm = connectSuperOffice({ secrets: secrets(), origin: superOffice.server.url });
    await crm.check(NEVER);
    await crm.write(
      STRANGERS.map((name, at) => wish(wished(String(at), { name }))),
      NEVER,
    );
    for (const record of superOffice.listed('Contact'))
      record.values = { ...record.values, CustomFields: {} };
  }

  const named = (): readonly unknown[] =>
    superOffice
      .listed('Contact')
      .map(({ values }) => values['Name'])
      .toSorted();

  it('L8 has everything there soon, whatever was there before is left alone, and another token changes nothing', async () => {
    await strangers();
    await connect('hubspot');
    await world.request('POST', `${company}/link/start`);
    for (const number of ['1', '2']) await world.put(company, customer(number, `Fjord ${number}`));
    await world.orders(company, [put({ number: '10', customer: '1' })]);
    await world.delivered(company, 3);
    const ids = hubspot.live('companies').map(({ id }) => superOffice.byId('Contact', Number(id)));
    expect(ids.map((record) => STRANGERS.includes(String(record?.values['Name'])))).toEqual([true, true]);
    await world.request('POST', `${company}/link/stop`);
    for (const name of ['Fjell', 'Fjord 2']) await world.put(company, customer('2', name));

    await connect('superoffice');
    await world.request('POST', `${company}/link/start`);
    await waitFor(() => superOffice.listed('Sale').length === 1 && named().length === 5, {
      describe: 'everything to be at SuperOffice',
    });
    await world.delivered(company, 3);
    expect(named()).toEqual(['Fjord 1', 'Fjord 2', ...STRANGERS]);

    const before = await world.audited({ kind: 'redelivery' });
    await connect('superoffice');
    expect(await world.audited({ kind: 'redelivery' })).toEqual(before);
    await world.put(company, customer('1', 'Fjord 1 AS'));
    await waitFor(() => named().includes('Fjord 1 AS'), { describe: 'the change' });
    expect(named()).toHaveLength(5);
    expect(superOffice.repeated).toEqual([]);
  });

  it('L8 has everything there soon, though the process that connected it has died over that', async () => {
    const names = (): readonly unknown[] =>
      hubspot.live('companies').map(({ properties }) => properties['name']);
    expect(names()).not.toContain('Fjord 1 AS');
    await connections.put(company, form('hubspot'), 'user:local'); // as far as it has come
    times.afterMs = 0;
    await waitFor(() => names().includes('Fjord 1 AS'), { describe: 'what was changed for another account' });
    await world.delivered(company, 3);
    expect(names().toSorted()).toEqual(['Fjord 1 AS', 'Fjord 2']);
    const before = await world.audited({ kind: 'redelivery' });
    await world.put(company, customer('1', 'Fjord 1 ASA'));
    await waitFor(() => names().includes('Fjord 1 ASA'), { describe: 'the change' });
    expect(await world.audited({ kind: 'redelivery' })).toEqual(before);
    expect(hubspot.repeated).toEqual([]);
  });
});
