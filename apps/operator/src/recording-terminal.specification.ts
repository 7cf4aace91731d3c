import { run } from './program.js';
import type { Terminal } from './terminal.js';

/** What a command line came to: its exit code, and what it said and warned of. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs a command line at a terminal that remembers, where nobody is there to be asked.
 * @param environment of the process, for example `SAMSPILL_OPERATOR_URLS`
 */
export async function ran(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const [said, warned]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    isInteractive: false,
    columns: 80,
    say: (text) => said.push(text),
    warn: (text) => warned.push(text),
    progress: () => undefined,
    ask: () => Promise.resolve(undefined),
    onInterrupt: () => () => undefined,
  };
  const code = await run(args, terminal, environment);
  return { code, out: said.join('\n'), err: warned.join('\n') };
}
