import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { KEYS_TOPIC, topics } from '@samspill/contracts';
import { newMasterKey } from '@samspill/eventlog';
import {
  createTestDatabase,
  NEWEST_KAFKA,
  spawnService,
  startKafka,
  waitFor,
  type KafkaBroker,
} from '@samspill/testing';
import { demoCompany } from '@samspill/testing/demo';
import { describeWithOwnKafka } from '@samspill/testing/jest';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type AclEntry,
} from 'kafkajs';
import { CompanyContacts } from './company-contacts.js';
import { HttpApi } from './http-api.js';
import { temporaryFolder } from './standalone-process.js';
import { mainOf, RunningService, type App } from './two-services.js';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../../../../docs/generated/kafka-acls.sh');
const START_TIMEOUT_MS = 300_000;
const CONTEXTS = { identity: 'identity-registration', contacts: 'contacts-sync', crm: 'crm-link' } as const;
const PASSWORDS = Object.fromEntries(Object.values(CONTEXTS).map((app) => [app, `password of ${app}`]));

describeWithOwnKafka(
  'services with the rights in Kafka of kafka-acls.sh, and no others',
  NEWEST_KAFKA,
  () => {
    const opened = new AsyncDisposableStack();
    const services = new Map<string, RunningService>();
    let kafka: KafkaBroker;

    beforeAll(async () => {
      kafka = opened.adopt(await startKafka({ users: PASSWORDS }), (broker) => broker.stop());
      await grant(kafka, await wanted());
      const masterKey = newMasterKey(new Date());
      await Promise.all(
        Object.entries(CONTEXTS).map(async ([context, app]) => {
          const database = opened.adopt(await createTestDatabase({ prefix: context }), (unused) =>
            unused.drop(),
          );
          const env = {
            SAMSPILL_HTTP_PORT: '0',
            SAMSPILL_DATABASE_URL: database.url,
            SAMSPILL_LOG: 'kafka',
            SAMSPILL_KAFKA_BROKERS: kafka.signInBrokers.join(','),
            SAMSPILL_KAFKA_SASL_MECHANISM: 'plain',
            SAMSPILL_KAFKA_SASL_USERNAME: app,
            SAMSPILL_KAFKA_SASL_PASSWORD: PASSWORDS[app] ?? '',
            SAMSPILL_MASTER_KEYS: masterKey,
          };
          await makeTopics(app, env);
          services.set(
            context,
            opened.adopt(await RunningService.start(app, env), (service) => service.kill()),
          );
        }),
      );
    }, START_TIMEOUT_MS);
    afterAll(() => opened.disposeAsync(), START_TIMEOUT_MS);

    it('P3 make their topics, write, read one another, and rebuild', async () => {
      const api = new HttpApi((context) => services.get(context)?.url ?? '');
      const company = await CompanyContacts.registerAndSwitchOn(api, demoCompany(1));
      const record = { kind: 'customer', number: '10001', name: 'Fjord AS' };
      await company.takeBatch('first', 1, [{ op: 'put', kind: 'customer', record }]);
      await waitFor(async () => (await company.search('Fjord')).length > 0, { describe: 'the customer' });
      await company.rebuildToTheEnd();
      expect(await company.search('Fjord')).toMatchObject([record]);
      const link = `/api/crm/v1/companies/${company.id}/link`;
      await waitFor(async () => (await api.call('GET', link)).status === 200, {
        describe: 'the company to be known to crm-link',
      });
    });

    it('let a service neither write another’s topic nor delete its own', async () => {
      const client = new Kafka({
        brokers: [...kafka.signInBrokers],
        sasl: {
          mechanism: 'plain',
          username: CONTEXTS.contacts,
          password: PASSWORDS[CONTEXTS.contacts] ?? '',
        },
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      });
      const producer = client.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
      await producer.connect();
      const write = producer.send({ topic: topics.identity, messages: [{ value: 'forged' }] });
      await expect(write).rejects.toThrow(/not authorized/i);
      await producer.disconnect();
      const admin = client.admin();
      await admin.connect();
      for (const topic of [topics.contacts, KEYS_TOPIC])
        await expect(admin.deleteTopics({ topics: [topic] })).rejects.toThrow(/not authorized/i);
      await admin.disconnect();
    });
  },
);

/** What the script asks of Kafka's own tool, without starting a JVM for each: its arguments, a call a line. */
async function wanted(): Promise<readonly string[]> {
  await using folder = await temporaryFolder();
  const [tool, calls] = [join(folder.path, 'tool'), join(folder.path, 'calls')];
  await writeFile(tool, `#!/bin/sh\necho "$@" >>'${calls}'\n`, { mode: 0o755 });
  await run('bash', [SCRIPT], { env: { ...process.env, BOOTSTRAP: 'kafka:9092', KAFKA_ACLS: tool } });
  return (await readFile(calls, 'utf8')).trim().split('\n');
}

async function grant(kafka: KafkaBroker, calls: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createAcls({ acl: calls.flatMap(aclsOf) });
  await admin.disconnect();
}

function aclsOf(call: string): AclEntry[] {
  const values = (option: string) =>
    [...call.matchAll(new RegExp(`--${option} (\\S+)`, 'g'))].map(([, value]) => value ?? '');
  const [topic] = values('topic');
  const [group = ''] = values('group');
  const [principal = ''] = values('allow-principal');
  const isPrefix = values('resource-pattern-type').includes('prefixed');
  return values('operation').map((operation) => ({
    principal,
    host: '*',
    operation: operationOf(operation),
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: topic === undefined ? AclResourceTypes.GROUP : AclResourceTypes.TOPIC,
    resourceName: topic ?? group,
    resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  }));
}

/** `DescribeConfigs` is `DESCRIBE_CONFIGS`. */
function operationOf(name: string): AclOperationTypes {
  const wanted = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  const known = Object.entries(AclOperationTypes).find(([key]) => key === wanted)?.[1];
  if (typeof known !== 'number') throw new Error(`Kafka has no operation ${name}.`);
  return known;
}

async function makeTopics(app: App, env: Readonly<Record<string, string>>): Promise<void> {
  const task = await spawnService({ main: mainOf(app), args: ['topics'], env, ready: /"topics are there"/ });
  await task.ended;
}
