import type { NewTopics } from '@samspill/eventlog';
import type { z } from 'zod';

import { allOrNone, type Environment, type SettingFault } from './read-settings.js';
import { hostsWithPorts, httpUrl, oneOf, readableFile, text, wholeNumber, yesOrNo } from './setting-types.js';
import { tlsFiles, type TlsFiles } from './tls-files.js';

const PASSWORD_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const MECHANISMS = [...PASSWORD_MECHANISMS, 'oauthbearer'] as const;
const MECHANISM_NAME = 'SAMSPILL_KAFKA_SASL_MECHANISM';
const PASSWORD_NAMES = ['SAMSPILL_KAFKA_SASL_USERNAME', 'SAMSPILL_KAFKA_SASL_PASSWORD'] as const;
const OAUTH_NAMES = [
  'SAMSPILL_KAFKA_OAUTH_TOKEN_URL',
  'SAMSPILL_KAFKA_OAUTH_CLIENT_ID',
  'SAMSPILL_KAFKA_OAUTH_CLIENT_SECRET',
] as const;
const OAUTH_SCOPE_NAME = 'SAMSPILL_KAFKA_OAUTH_SCOPE';
const FILE_NAMES = ['SAMSPILL_KAFKA_CA_FILE', 'SAMSPILL_KAFKA_CERT_FILE', 'SAMSPILL_KAFKA_KEY_FILE'] as const;
/** More replicas than any cluster of ours has brokers. */
const MAX_REPLICAS = 32;

/** How Kafka is reached: whom to trust, and who we are there. */
export const kafkaSettings = {
  SAMSPILL_KAFKA_BROKERS: hostsWithPorts()
    .optional()
    .meta({ description: 'Brokers, host:port, separated by commas' }),
  SAMSPILL_KAFKA_SSL: yesOrNo()
    .prefault('false')
    .meta({ description: 'Whether brokers are reached over TLS; their names are always verified' }),
  SAMSPILL_KAFKA_CA_FILE: readableFile().optional().meta({
    description: 'PEM file of the authorities that brokers are trusted by; those that Node knows unless set',
  }),
  SAMSPILL_KAFKA_CERT_FILE: readableFile().optional().meta({
    description: 'PEM file of our own certificate, where brokers ask for one (mutual TLS)',
  }),
  SAMSPILL_KAFKA_KEY_FILE: readableFile().optional().meta({
    description: 'PEM file of the key of SAMSPILL_KAFKA_CERT_FILE',
  }),
  SAMSPILL_KAFKA_SASL_MECHANISM: oneOf(MECHANISMS)
    .optional()
    .meta({ description: `How to sign in to the brokers: ${MECHANISMS.join(', ')}` }),
  SAMSPILL_KAFKA_SASL_USERNAME: text()
    .optional()
    .meta({ description: 'User name at the brokers, for plain and scram' }),
  SAMSPILL_KAFKA_SASL_PASSWORD: text()
    .optional()
    .meta({ description: 'Password at the brokers, for plain and scram', secret: true }),
  SAMSPILL_KAFKA_OAUTH_TOKEN_URL: httpUrl().optional().meta({
    description: 'Where tokens for oauthbearer are asked for, with the grant client_credentials',
  }),
  SAMSPILL_KAFKA_OAUTH_CLIENT_ID: text().optional().meta({ description: 'Client id there' }),
  SAMSPILL_KAFKA_OAUTH_CLIENT_SECRET: text()
    .optional()
    .meta({ description: 'Client secret there', secret: true }),
  SAMSPILL_KAFKA_OAUTH_SCOPE: text()
    .optional()
    .meta({ description: 'Scope to ask for, where the token server wants one' }),
  SAMSPILL_TOPIC_REPLICAS: wholeNumber(1, MAX_REPLICAS).optional().meta({
    description: 'Replicas of topics that the task «topics» makes; what the brokers do by default unless set',
  }),
  SAMSPILL_TOPIC_MIN_IN_SYNC: wholeNumber(1, MAX_REPLICAS).optional().meta({
    description:
      'min.insync.replicas of topics that the task «topics» makes; what the brokers do by default unless set',
  }),
} as const;

type Settings = z.output<z.ZodObject<typeof kafkaSettings>>;
type PasswordMechanism = (typeof PASSWORD_MECHANISMS)[number];

/** Who we are to the brokers: one alternative a mechanism. */
export type KafkaSasl =
  | {
      readonly [Mechanism in PasswordMechanism]: {
        readonly mechanism: Mechanism;
        readonly username: string;
        readonly password: string;
      };
    }[PasswordMechanism]
  | { readonly mechanism: 'oauthbearer'; readonly grant: ClientCredentials };

/** What a token is asked for with (RFC 6749, 4.4). */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

export interface KafkaConfiguration {
  readonly brokers: readonly string[];
  readonly ssl: boolean;
  readonly tlsFiles?: TlsFiles;
  readonly sasl?: KafkaSasl;
  readonly newTopics?: NewTopics;
}

/** @param settings that all rules of this file hold for */
export function kafkaConfiguration(settings: Settings): KafkaConfiguration {
  const sasl = kafkaSasl(settings);
  const files = tlsFiles(
    settings.SAMSPILL_KAFKA_CA_FILE,
    settings.SAMSPILL_KAFKA_CERT_FILE,
    settings.SAMSPILL_KAFKA_KEY_FILE,
  );
  const { SAMSPILL_TOPIC_REPLICAS: replicas, SAMSPILL_TOPIC_MIN_IN_SYNC: minInSync } = settings;
  const newTopics = {
    ...(replicas !== undefined && { replicas }),
    ...(minInSync !== undefined && { minInSync }),
  };
  return {
    brokers: settings.SAMSPILL_KAFKA_BROKERS ?? [],
    ssl: settings.SAMSPILL_KAFKA_SSL,
    ...(files !== undefined && { tlsFiles: files }),
    ...(sasl !== undefined && { sasl }),
    ...(Object.keys(newTopics).length > 0 && { newTopics }),
  };
}

/** Certificates without TLS would be left unused, and a certificate is nothing without its key. */
export function kafkaTlsIsWhole(given: Environment): readonly SettingFault[] {
  const [, cert, key] = FILE_NAMES;
  const unused =
    given['SAMSPILL_KAFKA_SSL'] === 'true'
      ? []
      : FILE_NAMES.filter((name) => given[name] !== undefined).map((name) => ({
          name,
          detail: 'is set, although SAMSPILL_KAFKA_SSL is not true',
        }));
  return [...unused, ...allOrNone([cert, key], given)];
}

/** Sign-in is given whole or not at all. */
export function kafkaSignInIsWhole(given: Environment): readonly SettingFault[] {
  const isOAuth = given[MECHANISM_NAME] === 'oauthbearer';
  const wanted = [MECHANISM_NAME, ...(isOAuth ? OAUTH_NAMES : PASSWORD_NAMES)];
  const unwanted = isOAuth ? PASSWORD_NAMES : [...OAUTH_NAMES, OAUTH_SCOPE_NAME];
  const stray = unwanted
    .filter((name) => given[name] !== undefined)
    .map((name) => ({
      name,
      detail: `is set, although ${MECHANISM_NAME} is ${given[MECHANISM_NAME] ?? 'not set'}`,
    }));
  return [...allOrNone(wanted, given), ...stray];
}

function kafkaSasl(settings: Settings): KafkaSasl | undefined {
  const { SAMSPILL_KAFKA_SASL_MECHANISM: mechanism, SAMSPILL_KAFKA_OAUTH_SCOPE: scope } = settings;
  if (mechanism === undefined) return undefined;
  if (mechanism !== 'oauthbearer')
    return {
      mechanism,
      username: settings.SAMSPILL_KAFKA_SASL_USERNAME ?? '',
      password: settings.SAMSPILL_KAFKA_SASL_PASSWORD ?? '',
    };
  return {
    mechanism,
    grant: {
      tokenUrl: settings.SAMSPILL_KAFKA_OAUTH_TOKEN_URL ?? '',
      clientId: settings.SAMSPILL_KAFKA_OAUTH_CLIENT_ID ?? '',
      clientSecret: settings.SAMSPILL_KAFKA_OAUTH_CLIENT_SECRET ?? '',
      ...(scope !== undefined && { scope }),
    },
  };
}
