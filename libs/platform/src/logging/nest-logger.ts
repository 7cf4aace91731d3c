import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@samspill/eventlog';

import { isError } from '../is-error.js';

/** Nest's own lines in our log. What it tells of its start («Mapped route …») is for whoever debugs: level `debug`. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(...line(message, rest));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(...line(message, rest));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(...line(message, rest));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(...line(message, rest));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(...line(message, rest));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.error(...line(message, rest));
  }
}

/** Nest passes the class that speaks last, and a stack before it where there is one. */
function line(message: unknown, rest: readonly unknown[]): [string, Record<string, unknown>] {
  const fields: Record<string, unknown> = { nest: rest.at(-1) };
  if (rest.length > 1) fields['detail'] = rest.slice(0, -1);
  if (typeof message === 'string') return [message, fields];
  return isError(message)
    ? [message.message, { ...fields, error: message }]
    : [JSON.stringify(message), fields];
}
