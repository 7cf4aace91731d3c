import { KEYS_TOPIC, PARTITIONS } from '@samspill/contracts';
import { KafkaLog, PostgresLog, topicsOf, type Log, type Logger, type LogManifest } from '@samspill/eventlog';

import type { LogConfiguration } from '../configuration/service-configuration.js';
import { kafkaAccess } from '../kafka/kafka-access.js';

export interface OpenLogOptions {
  /** What brokers know this process by. */
  readonly clientId: string;
  /** Of all contexts of this process. */
  readonly manifests: readonly LogManifest[];
  readonly logger: Logger;
}

/**
 * The log that the configuration names. Topics of Kafka are the operators' affair and never made here; those of a log in
 * Postgres, which has no operator, are made when they are missing.
 */
export async function openLog(
  configuration: LogConfiguration,
  { clientId, manifests, logger }: OpenLogOptions,
): Promise<Log> {
  if (configuration.kind === 'kafka') {
    const { brokers, newTopics } = configuration;
    return new KafkaLog({
      brokers,
      clientId,
      logger,
      ...kafkaAccess(configuration),
      ...(newTopics !== undefined && { newTopics }),
    });
  }
  const log = await PostgresLog.open({ url: configuration.databaseUrl, logger });
  await log.create([...new Set(manifests.flatMap(topicsOf))], PARTITIONS);
  await log.create([KEYS_TOPIC], PARTITIONS, 'compacted');
  return log;
}
