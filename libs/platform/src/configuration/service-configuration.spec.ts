import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { ConfigurationError, shownSettings } from './read-settings.js';
import {
  isLoopback,
  readServiceConfiguration,
  serviceSettings,
  type ServiceConfiguration,
} from './service-configuration.js';

const enough = {
  SAMSPILL_DATABASE_URL: 'postgres://u:s3cret@db/contacts',
  SAMSPILL_KAFKA_BROKERS: 'k1:9092, k2:9092',
};

function configured(environment: Record<string, string>): ServiceConfiguration {
  return readServiceConfiguration(environment, { personalData: false });
}

function faultsOf(environment: Record<string, string>, personalData = false): Record<string, string> {
  try {
    readServiceConfiguration(environment, { personalData });
    return {};
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.message).not.toContain('s3cret');
    return Object.fromEntries(error.faults.map(({ name, detail }) => [name, detail]));
  }
}

describe('the configuration of a service', () => {
  it('needs a database and the log; everything else has a default, and it listens on loopback', () => {
    expect(configured(enough)).toEqual({
      http: { host: '127.0.0.1', port: 8080, proxies: 0 },
      database: { url: enough.SAMSPILL_DATABASE_URL, poolSize: 10, waitMs: 30_000 },
      log: { kind: 'kafka', brokers: ['k1:9092', 'k2:9092'], ssl: false },
      logLevel: 'info',
      certificates: {},
      shutdown: { delayMs: 0, timeoutMs: 20_000 },
    });
  });

  it('reports every fault in one message, unknown names with the one that was meant', () => {
    const faults = faultsOf({
      SAMSPILL_HTTP_PORT: '80x',
      SAMSPILL_LOG_LEVEL: 'loud',
      SAMSPILL_KAFKA_SSL: 'maybe',
      SAMSPILL_DATABSE_URL: 'postgres://u:s3cret@db/x',
      SAMSPILL_COFFEE: 'yes',
    });
    expect(faults).toEqual({
      SAMSPILL_HTTP_PORT: 'must be a whole number from 0 to 65535, but is "80x"',
      SAMSPILL_LOG_LEVEL: 'must be one of debug, info, warn, error, but is "loud"',
      SAMSPILL_KAFKA_SSL: 'must be one of true, false, but is "maybe"',
      SAMSPILL_DATABASE_URL: "is not set (Connection string of the service's own database)",
      SAMSPILL_KAFKA_BROKERS: 'is not set, and the log is in kafka',
      SAMSPILL_DATABSE_URL: 'is not a setting; did you mean SAMSPILL_DATABASE_URL?',
      SAMSPILL_COFFEE: 'is not a setting',
    });
  });

  it('measures nothing unless somebody wants it, and then by one way', () => {
    expect(configured(enough).telemetry).toBeUndefined();
    const sent = { ...enough, SAMSPILL_TELEMETRY_OTLP_URL: 'http://collector:4318' };
    expect(configured(sent).telemetry).toEqual({
      otlpUrl: 'http://collector:4318',
      tracePercent: 100,
      metrics: { way: 'sent', intervalMs: 15_000 },
    });
    const scraped = { ...sent, SAMSPILL_TELEMETRY_METRICS_PORT: '9464' };
    expect(configured(scraped).telemetry?.metrics).toEqual({
      way: 'scraped',
      host: '127.0.0.1',
      port: 9464,
    });
    const unused = { SAMSPILL_TELEMETRY_TRACE_PERCENT: '5', SAMSPILL_TELEMETRY_METRICS_HOST: '0.0.0.0' };
    expect(faultsOf({ ...enough, ...unused })).toEqual({
      SAMSPILL_TELEMETRY_TRACE_PERCENT: 'is set, although SAMSPILL_TELEMETRY_OTLP_URL is not',
      SAMSPILL_TELEMETRY_METRICS_HOST: 'is set, although SAMSPILL_TELEMETRY_METRICS_PORT is not',
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(faultsOf({ ...enough, SAMSPILL_HTTP_PORT: '', SAMSPILL_KAFKA_BROKERS: '' })).toEqual({
      SAMSPILL_KAFKA_BROKERS: 'is not set, and the log is in kafka',
    });
  });

  it('never shows a secret, neither in a fault nor when it is logged', () => {
    const given = { ...enough, SAMSPILL_LOG_DATABASE_URL: 's3cret' };
    expect(faultsOf(given)).toEqual({
      SAMSPILL_LOG_DATABASE_URL: 'must be a URL like postgres://user:password@host:5432/database',
    });
    expect(JSON.stringify(shownSettings(serviceSettings, given))).not.toContain('s3cret');
  });

  it('wants the sign-in to the brokers whole or not at all', () => {
    expect(faultsOf({ ...enough, SAMSPILL_KAFKA_SASL_USERNAME: 'u' })).toEqual({
      SAMSPILL_KAFKA_SASL_MECHANISM: 'is not set, although SAMSPILL_KAFKA_SASL_USERNAME is',
      SAMSPILL_KAFKA_SASL_PASSWORD: 'is not set, although SAMSPILL_KAFKA_SASL_USERNAME is',
    });
    const sasl = { mechanism: 'plain', username: 'u', password: 'p' };
    const configuration = configured({
      ...enough,
      SAMSPILL_KAFKA_SSL: 'true',
      SAMSPILL_KAFKA_SASL_MECHANISM: 'plain',
      SAMSPILL_KAFKA_SASL_USERNAME: 'u',
      SAMSPILL_KAFKA_SASL_PASSWORD: 'p',
    });
    expect(configuration.log).toMatchObject({ ssl: true, sasl });
  });

  it('signs in to the brokers with tokens, and takes no half of another way', () => {
    const oauth = { ...enough, SAMSPILL_KAFKA_SASL_MECHANISM: 'oauthbearer' };
    expect(faultsOf({ ...oauth, SAMSPILL_KAFKA_SASL_USERNAME: 'u' })).toEqual({
      SAMSPILL_KAFKA_OAUTH_TOKEN_URL: 'is not set, although SAMSPILL_KAFKA_SASL_MECHANISM is',
      SAMSPILL_KAFKA_OAUTH_CLIENT_ID: 'is not set, although SAMSPILL_KAFKA_SASL_MECHANISM is',
      SAMSPILL_KAFKA_OAUTH_CLIENT_SECRET: 'is not set, although SAMSPILL_KAFKA_SASL_MECHANISM is',
      SAMSPILL_KAFKA_SASL_USERNAME: 'is set, although SAMSPILL_KAFKA_SASL_MECHANISM is oauthbearer',
    });
    const { log } = configured({
      ...oauth,
      SAMSPILL_KAFKA_OAUTH_TOKEN_URL: 'https://id.example/token',
      SAMSPILL_KAFKA_OAUTH_CLIENT_ID: 'contacts',
      SAMSPILL_KAFKA_OAUTH_CLIENT_SECRET: 's3cret',
      SAMSPILL_KAFKA_OAUTH_SCOPE: 'kafka',
    });
    const grant = { tokenUrl: 'https://id.example/token', clientId: 'contacts', clientSecret: 's3cret' };
    expect(log).toMatchObject({ sasl: { mechanism: 'oauthbearer', grant: { ...grant, scope: 'kafka' } } });
  });

  it('takes certificates for the brokers with TLS only, a certificate with its key, and files that are there', () => {
    const here = fileURLToPath(import.meta.url);
    expect(faultsOf({ ...enough, SAMSPILL_KAFKA_CA_FILE: here, SAMSPILL_KAFKA_CERT_FILE: here })).toEqual({
      SAMSPILL_KAFKA_CA_FILE: 'is set, although SAMSPILL_KAFKA_SSL is not true',
      SAMSPILL_KAFKA_CERT_FILE: 'is set, although SAMSPILL_KAFKA_SSL is not true',
      SAMSPILL_KAFKA_KEY_FILE: 'is not set, although SAMSPILL_KAFKA_CERT_FILE is',
    });
    const tls = { ...enough, SAMSPILL_KAFKA_SSL: 'true' };
    expect(faultsOf({ ...tls, SAMSPILL_KAFKA_CA_FILE: '/nowhere/ca.pem' })).toEqual({
      SAMSPILL_KAFKA_CA_FILE: 'must be a file that can be read, but is "/nowhere/ca.pem"',
    });
    const { log } = configured({
      ...tls,
      SAMSPILL_KAFKA_CA_FILE: here,
      SAMSPILL_KAFKA_CERT_FILE: here,
      SAMSPILL_KAFKA_KEY_FILE: here,
      SAMSPILL_TOPIC_REPLICAS: '3',
      SAMSPILL_TOPIC_MIN_IN_SYNC: '2',
    });
    expect(log).toMatchObject({
      ssl: true,
      tlsFiles: { caFile: here, own: { certFile: here, keyFile: here } },
      newTopics: { replicas: 3, minInSync: 2 },
    });
  });

  it('has the database prove its name whatever its connection string says, when told so', () => {
    const here = fileURLToPath(import.meta.url);
    const url = 'postgres://u:p%40ss@db:5432/contacts?sslmode=disable&options=-c%20x%3D1';
    const given = { ...enough, SAMSPILL_DATABASE_URL: url };
    expect(configured(given).database.url).toBe(url);
    expect(faultsOf({ ...given, SAMSPILL_DATABASE_CA_FILE: here })).toEqual({
      SAMSPILL_DATABASE_CA_FILE: 'is set, although SAMSPILL_DATABASE_TLS is not verify-full',
    });
    const secured = configured({
      ...given,
      SAMSPILL_DATABASE_TLS: 'verify-full',
      SAMSPILL_DATABASE_CA_FILE: here,
    });
    const { host, username, password, searchParams } = new URL(secured.database.url);
    expect([host, username, password]).toEqual(['db:5432', 'u', 'p%40ss']);
    expect(Object.fromEntries(searchParams)).toEqual({
      sslmode: 'verify-full',
      options: '-c x=1',
      sslrootcert: here,
    });
  });

  it('puts the log in Postgres when told so', () => {
    const { SAMSPILL_DATABASE_URL } = enough;
    expect(faultsOf({ SAMSPILL_DATABASE_URL, SAMSPILL_LOG: 'postgres' })).toHaveProperty(
      'SAMSPILL_LOG_DATABASE_URL',
    );
    const databaseUrl = 'postgresql://localhost/log';
    const { log } = configured({
      SAMSPILL_DATABASE_URL,
      SAMSPILL_LOG: 'postgres',
      SAMSPILL_LOG_DATABASE_URL: databaseUrl,
    });
    expect(log).toEqual({ kind: 'postgres', databaseUrl });
  });

  it('needs master keys where there is personal data, unless somebody says that it is not to be sealed', () => {
    const keys = { ...enough, SAMSPILL_MASTER_KEYS: `1:${Buffer.alloc(32).toString('base64')}` };
    expect(faultsOf(enough, true)).toEqual({
      SAMSPILL_MASTER_KEYS: expect.stringContaining('is not set, and events carry personal data'),
    });
    expect(faultsOf(keys, true)).toEqual({});
    expect(faultsOf({ ...enough, SAMSPILL_PERSONAL_DATA: 'as-written' }, true)).toEqual({});
    expect(faultsOf({ ...keys, SAMSPILL_PERSONAL_DATA: 'as-written' })).toEqual({
      SAMSPILL_PERSONAL_DATA: 'is as-written, and yet there are SAMSPILL_MASTER_KEYS',
    });
  });

  it('describes every setting', () => {
    for (const [name, setting] of Object.entries(serviceSettings))
      expect([name, setting.description]).not.toContain(undefined);
  });
});

describe('an address', () => {
  it('is loopback when only this machine reaches it', () => {
    expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].some(isLoopback)).toBe(false);
  });
});
