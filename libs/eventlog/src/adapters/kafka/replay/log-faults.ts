import { PlatformError } from '@samspill/kernel';

/** Bytes that cannot be what a broker was given: a damaged disk, a broken proxy, a producer with a fault. Trying again does not help. */
export function damaged(what: string, reason: string, options?: ErrorOptions): PlatformError {
  return new PlatformError('eventlog.log-damaged', `${what} is damaged: ${reason}.`, false, options);
}

/** Something that Kafka permits and no producer of ours writes, so that somebody else must have written to the topic. */
export function unsupported(what: string, reason: string): PlatformError {
  return new PlatformError(
    'eventlog.log-unsupported',
    `${what} cannot be read: ${reason}. Only Samspill may write to its topics.`,
    false,
  );
}
