import type { Cli } from '../cli.js';
import { EXIT, Stop } from '../exit-codes.js';
import type { ServiceClient } from '../service-client.js';

/** Where nobody looks on, a line so often. */
const LINE_EVERY_MS = 5_000;

interface Line {
  readonly kind: string;
}
type ProgressOf<L extends Line> = Extract<L, { readonly kind: 'progress' }>;
type EndOf<L extends Line> = Exclude<L, { readonly kind: 'progress' }>;

/**
 * Shows how far a service is with what it was asked for, and returns what came of it.
 * @throws Stop where the service breaks off
 */
export async function followed<L extends Line>(
  cli: Cli,
  service: ServiceClient,
  lines: AsyncIterable<L>,
  textOf: (progress: ProgressOf<L>) => string,
): Promise<EndOf<L>> {
  let shownMs = Date.now();
  for await (const line of lines) {
    if (hasEnded(line)) return line;
    if (cli.isJson || !isProgress(line)) continue;
    if (cli.terminal.isInteractive) cli.terminal.progress(textOf(line));
    else if (Date.now() - shownMs >= LINE_EVERY_MS) {
      cli.terminal.say(textOf(line));
      shownMs = Date.now();
    }
  }
  throw new Stop(
    EXIT.unreachable,
    `${service.service} broke off before it had come to the end. See whether it runs, and begin again.`,
  );
}

function hasEnded<L extends Line>(line: L): line is EndOf<L> {
  return line.kind !== 'progress';
}

function isProgress<L extends Line>(line: L): line is ProgressOf<L> {
  return line.kind === 'progress';
}
