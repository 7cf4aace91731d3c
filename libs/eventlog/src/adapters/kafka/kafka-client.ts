import './kafkajs-repairs.js';
import { Kafka, logLevel, type IHeaders, type KafkaConfig, type KafkaMessage, type LogEntry } from 'kafkajs';
import { PlatformError, reasonOf } from '@samspill/kernel';
import type { ReceivedRecord } from '../../log.js';
import type { Logger } from '../../logger.js';
import { DecodedRecord } from '../../received-record.js';

export interface KafkaLogOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  readonly newTopics?: NewTopics;
  readonly logger: Logger;
}

/** How topics are made that do not exist; the brokers' defaults where nothing is said. */
export interface NewTopics {
  readonly replicas?: number;
  /** `min.insync.replicas` */
  readonly minInSync?: number;
}

const CONNECTION_TIMEOUT_MS = 3_000;
const AUTHENTICATION_TIMEOUT_MS = 10_000;
/** A broker that keeps a connection but does not answer. */
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * Tries of one call, about three seconds in all. Whatever lasts longer is handled by the callers, who know what to do meanwhile.
 * Every value is given: kafkajs takes others where NODE_ENV is `test`.
 */
export const CALL_RETRY = {
  initialRetryTime: 100,
  maxRetryTime: 2_000,
  factor: 0.2,
  multiplier: 2,
  retries: 5,
};

export function kafkaClient({ brokers, clientId, ssl, sasl, logger }: KafkaLogOptions): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: CALL_RETRY,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      forward(entry, logger);
    },
  });
}

/** kafkajs logs as errors what it is about to try again; what it gives up reaches our callers as an error anyway. */
function forward({ namespace, log }: LogEntry, logger: Logger): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = log;
  logger.debug(`kafkajs: ${message}`, { namespace, ...fields });
}

/** A record as kafkajs gives it: decoded whole. */
export function received(message: KafkaMessage): ReceivedRecord {
  return new DecodedRecord(
    {
      key: message.key?.toString('utf8') ?? '',
      headers: headersAsText(message.headers),
      value: message.value ?? Buffer.alloc(0),
      timestampMs: Number(message.timestamp),
    },
    BigInt(message.offset),
  );
}

function headersAsText(headers: KafkaMessage['headers']): Record<string, string> {
  if (headers === undefined) return {};
  if (areTexts(headers)) return headers;
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined)
      texts[name] = Array.isArray(value) ? value.map(String).join(',') : value.toString();
  }
  return texts;
}

/** The repaired decoder makes texts of all headers, kafkajs's own of none, so the first one tells. */
function areTexts(headers: IHeaders): headers is Record<string, string> {
  for (const name in headers) return typeof headers[name] === 'string';
  return true;
}

/** A failure of Kafka or of the way to it, as our callers know it. */
export function kafkaFailure(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  const reason = reasonOf(error);
  const type = protocolError(error);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new PlatformError('eventlog.topic-missing', `Kafka does not have the topic: ${reason}`, false, {
      cause: error,
    });
  }
  if (type?.endsWith('AUTHORIZATION_FAILED')) {
    return new PlatformError('eventlog.log-forbidden', `Kafka does not permit this: ${reason}`, false, {
      cause: error,
    });
  }
  return new PlatformError('eventlog.log-unreachable', `Kafka cannot be reached: ${reason}`, true, {
    cause: error,
  });
}

/** Kafka's own name of an error, such as `NOT_LEADER_FOR_PARTITION`, where a broker gave one. */
export function protocolError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('type' in error && typeof error.type === 'string') return error.type;
  return protocolError(error.cause);
}
