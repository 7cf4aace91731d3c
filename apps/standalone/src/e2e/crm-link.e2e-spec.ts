import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { newMasterKey } from '@samspill/eventlog';
import { createTestDatabase, NEWEST_KAFKA, startKafka, waitFor, type TestDatabase } from '@samspill/testing';
import { demoCompany } from '@samspill/testing/demo';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import { HubSpotSimulator } from '@samspill/testing/simulators';
import { z } from 'zod';
import { CompanyContacts } from './company-contacts.js';
import { HttpApi, read } from './http-api.js';
import { describeWithNorthwind, type NorthwindFile } from './northwind.js';
import { readNorthwindOrders } from './northwind-orders.js';
import { RunningService, startTwoServices, type TwoServices } from './two-services.js';

const START_TIMEOUT_MS = 300_000;
const TEST_TIMEOUT_MS = 900_000;
/** What was under way when a process died is asked about once it must have ended. */
const DELIVERED_WITHIN_MS = 600_000;
const KILLS = 3;
/** Orders that an agent sends together. */
const BATCH = 200;
const REACTORS = ['crm.deliver-customers', 'crm.deliver-persons', 'crm.deliver-orders'];

const transfer = z.object({ toDeliver: z.int(), delivered: z.int(), undelivered: z.int() });
const link = z.object({
  state: z.string(),
  toBeSorted: z.int(),
  customers: transfer,
  persons: transfer,
  orders: transfer,
});

jest.setTimeout(TEST_TIMEOUT_MS);

describeWithNorthwind('the link to a CRM on the Northwind sample', (readNorthwind) => {
  describeWithOwnKafka('contacts-sync and crm-link, processes that meet on Kafka alone', NEWEST_KAFKA, () => {
    const opened = new AsyncDisposableStack();
    const customers: NorthwindFile = readNorthwind('customer');
    const orders = readNorthwindOrders();
    let services: TwoServices;
    let hubspot: HubSpotSimulator;
    let crm: RunningService;
    let database: TestDatabase;
    let api: HttpApi;
    let company: string;
    let startCrm: (database: TestDatabase) => Promise<RunningService>;

    beforeAll(async () => {
      const kafka = opened.adopt(await startKafka(), (broker) => broker.stop());
      const SAMSPILL_MASTER_KEYS = newMasterKey(new Date());
      services = opened.use(await startTwoServices(kafka.brokers, undefined, { SAMSPILL_MASTER_KEYS }));
      hubspot = opened.adopt(
        await HubSpotSimulator.start({
          seed: 7,
          faults: { busy: 0.02, failing: 0.02, failingAfter: 0.02, cutAfter: 0.02 },
        }),
        (simulator) => simulator.stop(),
      );
      startCrm = async ({ url }) =>
        opened.adopt(
          await RunningService.start('crm-link', {
            SAMSPILL_HTTP_PORT: '0',
            SAMSPILL_DATABASE_URL: url,
            SAMSPILL_LOG: 'kafka',
            SAMSPILL_KAFKA_BROKERS: kafka.brokers.join(','),
            SAMSPILL_MASTER_KEYS,
            SAMSPILL_SIMULATORS: `hubspot=${hubspot.server.url}`,
          }),
          (service) => service.kill(),
        );
      database = await createTestDatabase({ prefix: 'crm' });
      crm = await startCrm(database);
      api = new HttpApi((context) => (context === 'crm' ? crm.url : services[addressed(context)].url));
      const registered = await CompanyContacts.registerAndSwitchOn(api, demoCompany(1));
      company = `/api/crm/v1/companies/${registered.id}`;
      await waitFor(async () => (await api.call('GET', `${company}/link`)).status === 200, {
        describe: 'the company to be known to crm-link',
      });
      await connectAndStart();
      await sendOrders();
      await registered.importToTheEnd(customers.mended, { fileName: customers.name });
    }, START_TIMEOUT_MS);
    afterAll(() => opened.disposeAsync());

    async function connectAndStart(): Promise<void> {
      const secrets = { kind: 'private-app', token: hubspot.staticToken };
      const form = { kind: 'hubspot', account: 'a test', secrets };
      read(await api.callJson('PUT', `${company}/connection`, form), z.unknown());
      read(await api.callJson('POST', `${company}/link/start`, {}), link);
    }

    async function sendOrders(): Promise<void> {
      for (let sent = 0; sent < orders.length; sent += BATCH) {
        const lines = orders.slice(sent, sent + BATCH).map((order) => JSON.stringify({ op: 'put', order }));
        const query = `agent=erp&incarnation=a1&sequence=${sent / BATCH + 1}`;
        const content = lines.join('\n');
        const path = `${company}/orders/changes?${query}`;
        read(await api.call('POST', path, { type: 'application/x-ndjson', content }), z.unknown());
      }
    }

    async function delivered(): Promise<void> {
      const persons = customers.records.length - counted('customer');
      await waitFor(
        async () => {
          const now = await api.get(`${company}/link`, link).catch(() => undefined);
          return (
            now?.customers.delivered === counted('customer') &&
            now.persons.delivered === persons &&
            now.orders.delivered === orders.length
          );
        },
        { describe: 'everything to be in the CRM', timeoutMs: DELIVERED_WITHIN_MS },
      );
    }

    function counted(kind: string): number {
      return customers.records.filter((record) => record.kind === kind).length;
    }

    function expectEverythingOnce(): void {
      expect(hubspot.live('companies')).toHaveLength(counted('customer'));
      expect(hubspot.live('contacts')).toHaveLength(counted('contact-person'));
      expect(hubspot.live('orders')).toHaveLength(orders.length);
      expect(hubspot.duplicates('companies', 'name')).toEqual(new Map());
      expect(hubspot.duplicates('orders', 'hs_external_order_id')).toEqual(new Map());
      expect(hubspot.repeated).toEqual([]);
    }

    it('L8 brings every customer and order there once, whatever is killed and however long the CRM is away', async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const before = hubspot.effects.length;
        await waitFor(() => hubspot.effects.length > before, { describe: 'something to be under way' });
        await crm.restart();
        if (kill === 0) {
          hubspot.server.isDown = true;
          await waitFor(async () => (await api.get(`${company}/link`, link)).state === 'waiting', {
            describe: 'the link to say that it waits (L11)',
          });
          hubspot.server.isDown = false;
        }
      }
      await delivered();
      expectEverythingOnce();
    });

    it('L8 G75 brings nothing twice when its database is lost and made again from the log', async () => {
      await crm.kill();
      await database.drop();
      database = opened.adopt(await createTestDatabase({ prefix: 'crm' }), (made) => made.drop());
      crm = await startCrm(database);
      await waitFor(async () => (await api.call('GET', `${company}/link`)).status === 200, {
        describe: 'the company to be known again',
      });
      for (const reactor of REACTORS)
        await waitFor(
          async () => {
            const path = `/api/crm/v1/operations/reactors/${reactor}/release`;
            return (await api.callJson('POST', path, { reason: 'looked at' })).status === 204;
          },
          { describe: `${reactor} to be held, and let go` },
        );
      await connectAndStart();
      await delivered();
      expectEverythingOnce();
    });
  });
});

function addressed(context: string): 'identity' | 'contacts' {
  return context === 'identity' ? 'identity' : 'contacts';
}
