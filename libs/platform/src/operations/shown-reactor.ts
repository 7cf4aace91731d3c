import type { LedgerEntry, ReactorStatus } from '@samspill/eventlog';

import type { ReactorAnswer, UndeliveredAnswer } from './reactor.answers.js';

export function shownReactor(status: ReactorStatus): ReactorAnswer {
  const { name, standing, held, mayRedeliver, waits, lag, counts, rate } = status;
  return {
    name,
    ...standing,
    ...(held && { held }),
    mayRedeliver,
    waits,
    lag,
    toDeliver: counts.open,
    inDoubt: counts.inDoubt,
    refused: counts.refused,
    confirmed: counts.confirmed,
    ...(counts.lastConfirmedAt !== undefined && { lastDeliveredAt: counts.lastConfirmedAt }),
    deliveriesPerSecond: rate,
  };
}

export function shownUndelivered(entry: LedgerEntry): UndeliveredAnswer['deliveries'][number] {
  const { thing, key, stream, version, code = '', words = '', attempts, confirmed } = entry;
  return {
    thing,
    key,
    stream,
    version,
    code,
    words,
    attempts,
    ...(confirmed && { confirmedVersion: confirmed.version }),
  };
}
