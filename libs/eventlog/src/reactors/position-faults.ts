import { PlatformError } from '@samspill/kernel';
import type { PartitionOf } from '../projection-store.js';
import type { ReactorPosition } from './delivery-ledger.js';

export function notPlaced(reactor: string, { topic, partition }: PartitionOf): PlatformError {
  return new PlatformError(
    'eventlog.no-position',
    `${reactor} does not stand where it was read to in ${topic} partition ${partition}; it reads again from where it stands.`,
    true,
  );
}

export function ofAnotherLog(
  reactor: string,
  { topic, partition, nextOffset }: ReactorPosition,
): PlatformError {
  return new PlatformError(
    'eventlog.log-replaced',
    `${reactor} has read ${topic} partition ${partition} up to ${nextOffset} of a log that is not there any more; it finds out where to go on.`,
    true,
  );
}
