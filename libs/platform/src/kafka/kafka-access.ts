import type { KafkaLogOptions } from '@samspill/eventlog';

import type { KafkaConfiguration, KafkaSasl } from '../configuration/kafka-settings.js';
import { OAuthTokens } from './oauth-tokens.js';
import { tlsOptions } from './tls-options.js';

/** Whom to trust at Kafka, and who we are there, as its client wants to be told. */
export function kafkaAccess({
  ssl,
  tlsFiles,
  sasl,
}: Pick<KafkaConfiguration, 'ssl' | 'tlsFiles' | 'sasl'>): Pick<KafkaLogOptions, 'ssl' | 'sasl'> {
  return {
    ssl: ssl && tlsFiles !== undefined ? tlsOptions(tlsFiles) : ssl,
    ...(sasl !== undefined && { sasl: signIn(sasl) }),
  };
}

function signIn(sasl: KafkaSasl): NonNullable<KafkaLogOptions['sasl']> {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  const tokens = new OAuthTokens(sasl.grant);
  return {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: await tokens.token() }),
  };
}
