import type { Logger } from '@samspill/eventlog';

import type { LogLevel } from '../configuration/service-configuration.js';
import { isError } from '../is-error.js';

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 10, info: 20, warn: 30, error: 40 };
/** A chain of causes longer than this is a loop or tells nothing more. */
const MAX_CAUSES = 5;

export interface JsonLoggerOptions {
  readonly level: LogLevel;
  /** Takes a line with its line feed; where it goes is the host's affair. */
  readonly write: (line: string) => void;
  /** What every line says besides, asked for line by line: the service's name, the request's correlation id. */
  readonly fields?: () => Readonly<Record<string, unknown>>;
  readonly now?: () => Date;
}

/** Log lines as JSON, one object a line: time, level, message, then the fields. Errors among the fields are written out. */
export class JsonLogger implements Logger {
  constructor(private readonly options: JsonLoggerOptions) {}

  debug(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#line('debug', message, fields);
  }

  info(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#line('info', message, fields);
  }

  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#line('warn', message, fields);
  }

  error(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#line('error', message, fields);
  }

  /** A logger whose lines also carry these fields. */
  with(fields: Readonly<Record<string, unknown>>): JsonLogger {
    return new JsonLogger({ ...this.options, fields: () => ({ ...this.options.fields?.(), ...fields }) });
  }

  #line(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const { options } = this;
    if (SEVERITY[level] < SEVERITY[options.level]) return;
    const time = (options.now?.() ?? new Date()).toISOString();
    options.write(`${toJson({ time, level, message, ...options.fields?.(), ...fields })}\n`);
  }
}

/** A line that cannot be written must not hide what it was about, nor bring the process down. */
function toJson(line: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(line, (_key, value: unknown) => plain(value));
  } catch (error) {
    const { time, level, message } = line;
    return JSON.stringify({ time, level, message, unwritableFields: String(error) });
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return isError(value) ? describeError(value, MAX_CAUSES) : value;
}

function describeError(error: Error, causes: number): Readonly<Record<string, unknown>> {
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(isError(cause) && causes > 0 ? { cause: describeError(cause, causes - 1) } : {}),
  };
}
