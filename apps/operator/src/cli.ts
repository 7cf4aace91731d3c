import type { Services } from './services.js';
import type { KeptSignIns } from './sign-in/kept-sign-ins.js';
import type { Terminal } from './terminal.js';

/** What a command works with. */
export interface Cli {
  readonly terminal: Terminal;
  readonly services: Services;
  /** Where tokens of whoever has signed in are. */
  readonly kept: KeptSignIns;
  /** Answers are printed as services gave them. */
  readonly isJson: boolean;
  /** Options that a hint has to repeat so that its command reaches the same services, with a space before; or nothing. */
  readonly addressing: string;
}

/** Prints lines for people, or what services answered. */
export function show(cli: Cli, lines: readonly string[], raw: unknown): void {
  cli.terminal.say(cli.isJson ? JSON.stringify(raw, null, 2) : lines.join('\n'));
}

/** Answers of several services, by service. */
export function byService(
  answers: readonly {
    readonly service: { readonly service: string };
    readonly value: { readonly raw: unknown };
  }[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(answers.map(({ service, value }) => [service.service, value.raw]));
}
