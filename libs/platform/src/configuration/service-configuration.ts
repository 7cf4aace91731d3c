import type { MasterKeys } from '@samspill/eventlog';
import type { z } from 'zod';

import type { SignInConfiguration } from '../access/sign-in.js';
import { databaseTlsIsWhole, databaseTlsSettings, withDatabaseTls } from './database-tls-settings.js';
import {
  kafkaConfiguration,
  kafkaSettings,
  kafkaSignInIsWhole,
  kafkaTlsIsWhole,
  type KafkaConfiguration,
} from './kafka-settings.js';
import { signInConfiguration, signInIsWhole, signInSettings } from './sign-in-settings.js';
import {
  mailIsWhole,
  providerConfiguration,
  providerSettings,
  type ProviderConfiguration,
} from './provider-settings.js';
import { readSettings, type Environment, type SettingFault } from './read-settings.js';
import { oneOf, originsByName, postgresUrl, text, wholeNumber, masterKeys } from './setting-types.js';
import {
  telemetryConfiguration,
  telemetryIsWhole,
  telemetrySettings,
  type TelemetryConfiguration,
} from './telemetry-settings.js';

export const LOOPBACK = '127.0.0.1';
const LOG_KINDS = ['kafka', 'postgres'] as const;
const DEFAULT_LOG = 'kafka';
const PERSONAL_DATA = ['sealed', 'as-written'] as const;
const MAX_PORT = 65_535;
const MAX_CONNECTIONS = 200;
const TEN_MINUTES_MS = 600_000;

/** Every setting of a service, as it is documented. A setting without a default that is not optional must be given. */
export const serviceSettings = {
  SAMSPILL_HTTP_PORT: wholeNumber(0, MAX_PORT)
    .prefault('8080')
    .meta({ description: 'Port of the HTTP API; 0 takes any free one' }),
  SAMSPILL_HTTP_HOST: text().prefault(LOOPBACK).meta({
    description: 'Address to listen on. Without sign-in, whoever reaches it can read and change everything',
  }),
  ...signInSettings,
  ...providerSettings,
  SAMSPILL_DATABASE_URL: postgresUrl().meta({
    description: "Connection string of the service's own database",
    secret: true,
  }),
  SAMSPILL_MIGRATIONS_DATABASE_URL: postgresUrl().optional().meta({
    description:
      "Connection string of the login that migrates the service's own database, where it is another one; it is a member of the service's",
    secret: true,
  }),
  SAMSPILL_READER_DATABASE_URL: postgresUrl().optional().meta({
    description:
      'Connection string of the login by which requests read the rows of one company, where it is another one',
    secret: true,
  }),
  ...databaseTlsSettings,
  SAMSPILL_DATABASE_POOL_SIZE: wholeNumber(2, MAX_CONNECTIONS)
    .prefault('10')
    .meta({ description: 'Most connections to the database for commands and projections' }),
  SAMSPILL_DATABASE_WAIT_MS: wholeNumber(0, TEN_MINUTES_MS)
    .prefault('30000')
    .meta({ description: 'How long to wait for the database at start, in milliseconds' }),
  SAMSPILL_LOG: oneOf(LOG_KINDS)
    .prefault(DEFAULT_LOG)
    .meta({ description: 'Where the log is: kafka, or postgres' }),
  ...kafkaSettings,
  SAMSPILL_LOG_DATABASE_URL: postgresUrl().optional().meta({
    description: "Connection string of the log's database, where the log is in Postgres",
    secret: true,
  }),
  SAMSPILL_SPILL_FOLDER: text().optional().meta({
    description:
      "Folder for what rebuilds cannot hold in memory; a folder in the system's temporary one unless set",
  }),
  SAMSPILL_MASTER_KEYS: masterKeys().optional().meta({
    description:
      'Keys that wrap the keys of personal data, as id:base64 of 32 bytes, separated by commas; the first one seals, all of them open. Needed where events carry personal data, unless SAMSPILL_PERSONAL_DATA says otherwise',
    secret: true,
  }),
  SAMSPILL_PERSONAL_DATA: oneOf(PERSONAL_DATA).prefault('sealed').meta({
    description:
      'sealed, or as-written: then nobody can ever be forgotten of whom anything was written, since the log is kept for ever',
  }),
  SAMSPILL_SIMULATORS: originsByName().optional().meta({
    description:
      "Simulators in the place of vendors' systems, for trials and tests, as hubspot=http://127.0.0.1:4010 separated by commas. Nothing goes to a vendor that is named",
  }),
  SAMSPILL_LOG_LEVEL: oneOf(['debug', 'info', 'warn', 'error'])
    .prefault('info')
    .meta({ description: 'Least severe lines that are written: debug, info, warn or error' }),
  ...telemetrySettings,
  SAMSPILL_SHUTDOWN_DELAY_MS: wholeNumber(0, TEN_MINUTES_MS).prefault('0').meta({
    description: 'Time between being no longer ready and refusing requests, for load balancers to notice',
  }),
  SAMSPILL_SHUTDOWN_TIMEOUT_MS: wholeNumber(1, TEN_MINUTES_MS).prefault('20000').meta({
    description:
      'Longest time from a stop signal to the end; what is not finished then is left to the next start',
  }),
} as const;

type Settings = z.output<z.ZodObject<typeof serviceSettings>>;

export type LogLevel = Settings['SAMSPILL_LOG_LEVEL'];

export type LogConfiguration =
  | ({ readonly kind: 'kafka' } & KafkaConfiguration)
  | { readonly kind: 'postgres'; readonly databaseUrl: string };

export interface HttpConfiguration {
  readonly host: string;
  readonly port: number;
  /** How many proxies in front say who asks (`X-Forwarded-For`), one behind the other; 0 unless given. */
  readonly proxies?: number;
}

export interface ShutdownConfiguration {
  readonly delayMs: number;
  readonly timeoutMs: number;
}

export interface DatabaseConfiguration {
  readonly url: string;
  /** Of the login that migrates, where it is not the same. */
  readonly migrationsUrl?: string;
  /** Of the login that reads the rows of one company, where it is not the same. */
  readonly readerUrl?: string;
  readonly poolSize: number;
  /** How long to wait for the server at start. */
  readonly waitMs: number;
}

export interface ServiceConfiguration {
  readonly http: HttpConfiguration;
  readonly database: DatabaseConfiguration;
  readonly log: LogConfiguration;
  /** Where rebuilds put what they cannot hold in memory. */
  readonly spillFolder?: string;
  /** With them personal data is sealed. */
  readonly masterKeys?: MasterKeys;
  /** Without it everyone may do everything. */
  readonly signIn?: SignInConfiguration;
  /** Simulators in the place of vendors' systems: origins by vendor. */
  readonly simulators?: ReadonlyMap<string, string>;
  /** The OpenID provider; absent where there is none. */
  readonly provider?: ProviderConfiguration;
  readonly logLevel: LogLevel;
  /** Files of certificates that connections stand on, by what they are for: `kafka-ca`, `database-own` … */
  readonly certificates: Readonly<Record<string, string>>;
  /** Where traces and metrics go; absent where nobody wants any. */
  readonly telemetry?: TelemetryConfiguration;
  readonly shutdown: ShutdownConfiguration;
}

/** What a configuration has to have because of what the service does. */
export interface ServiceNeeds {
  /** Whether events that it writes or reads carry personal data. */
  readonly personalData: boolean;
}

/** @throws ConfigurationError naming every fault */
export function readServiceConfiguration(
  environment: Environment,
  needs: ServiceNeeds,
): ServiceConfiguration {
  const settings = readSettings(serviceSettings, environment, [
    logIsReachable,
    personalDataIsSealed(needs),
    databaseTlsIsWhole,
    kafkaTlsIsWhole,
    kafkaSignInIsWhole,
    telemetryIsWhole,
    signInIsWhole,
    mailIsWhole,
  ]);
  const telemetry = telemetryConfiguration(settings);
  const provider = providerConfiguration(settings);
  const signIn = signInConfiguration(settings);
  const { SAMSPILL_MIGRATIONS_DATABASE_URL: migrationsUrl, SAMSPILL_READER_DATABASE_URL: readerUrl } =
    settings;
  return {
    http: {
      host: settings.SAMSPILL_HTTP_HOST,
      port: settings.SAMSPILL_HTTP_PORT,
      proxies: settings.SAMSPILL_HTTP_PROXIES,
    },
    database: {
      url: withDatabaseTls(settings.SAMSPILL_DATABASE_URL, settings),
      ...(migrationsUrl !== undefined && { migrationsUrl: withDatabaseTls(migrationsUrl, settings) }),
      ...(readerUrl !== undefined && { readerUrl: withDatabaseTls(readerUrl, settings) }),
      poolSize: settings.SAMSPILL_DATABASE_POOL_SIZE,
      waitMs: settings.SAMSPILL_DATABASE_WAIT_MS,
    },
    log: logConfiguration(settings),
    ...(settings.SAMSPILL_SPILL_FOLDER !== undefined && { spillFolder: settings.SAMSPILL_SPILL_FOLDER }),
    ...(settings.SAMSPILL_MASTER_KEYS !== undefined && { masterKeys: settings.SAMSPILL_MASTER_KEYS }),
    ...(signIn && { signIn }),
    ...(settings.SAMSPILL_SIMULATORS !== undefined && { simulators: settings.SAMSPILL_SIMULATORS }),
    ...(provider && { provider }),
    logLevel: settings.SAMSPILL_LOG_LEVEL,
    certificates: certificateFiles(settings),
    ...(telemetry && { telemetry }),
    shutdown: {
      delayMs: settings.SAMSPILL_SHUTDOWN_DELAY_MS,
      timeoutMs: settings.SAMSPILL_SHUTDOWN_TIMEOUT_MS,
    },
  };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function logConfiguration(settings: Settings): LogConfiguration {
  if (settings.SAMSPILL_LOG === 'postgres')
    return { kind: 'postgres', databaseUrl: settings.SAMSPILL_LOG_DATABASE_URL ?? '' };
  return { kind: 'kafka', ...kafkaConfiguration(settings) };
}

function certificateFiles(settings: Settings): Readonly<Record<string, string>> {
  const files = {
    'kafka-ca': settings.SAMSPILL_KAFKA_CA_FILE,
    'kafka-own': settings.SAMSPILL_KAFKA_CERT_FILE,
    'database-ca': settings.SAMSPILL_DATABASE_CA_FILE,
    'database-own': settings.SAMSPILL_DATABASE_CERT_FILE,
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => (file === undefined ? [] : [[name, file]])),
  );
}

/**
 * A service that was given no keys by mistake would write what can never be unwritten, and could not read what others have sealed. So it has
 * to be said.
 */
function personalDataIsSealed({
  personalData,
}: ServiceNeeds): (given: Environment) => readonly SettingFault[] {
  return (given) => {
    const hasKeys = given['SAMSPILL_MASTER_KEYS'] !== undefined;
    const isSealed = given['SAMSPILL_PERSONAL_DATA'] !== 'as-written';
    if (hasKeys && !isSealed)
      return [
        { name: 'SAMSPILL_PERSONAL_DATA', detail: 'is as-written, and yet there are SAMSPILL_MASTER_KEYS' },
      ];
    if (hasKeys || !isSealed || !personalData) return [];
    return [
      {
        name: 'SAMSPILL_MASTER_KEYS',
        detail:
          'is not set, and events carry personal data, which is sealed with them: give "1:" and what `openssl rand -base64 32` prints, the same to every service, and keep a copy where it is not lost',
      },
    ];
  };
}

function logIsReachable(given: Environment): readonly SettingFault[] {
  const kind = given['SAMSPILL_LOG'] ?? DEFAULT_LOG;
  const needed =
    kind === 'kafka'
      ? 'SAMSPILL_KAFKA_BROKERS'
      : kind === 'postgres'
        ? 'SAMSPILL_LOG_DATABASE_URL'
        : undefined;
  if (needed === undefined || given[needed] !== undefined) return [];
  return [{ name: needed, detail: `is not set, and the log is in ${kind}` }];
}
