import type { OperationAnswer } from '@samspill/platform/answers';
import type { Cli } from '../cli.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** What a command ends with that has waited for an operation, with a hint where it waits for a person. */
export function exitOf(cli: Cli, { id, state, task, parts, failure }: OperationAnswer): ExitCode {
  if (state === 'failed' || state === 'cancelled') return EXIT.failed;
  // A switch or an undo that was not to be had leaves the operation as it was, with its failure.
  if (failure !== undefined) return EXIT.failed;
  if (state !== 'ready' || task.kind === 'inspection') return EXIT.done;
  const isMissing = parts.some(({ verification }) => (verification?.gaps.streams ?? 0) > 0);
  const choices = `samspill rebuild switch ${id}${cli.addressing}, or give it up: samspill rebuild cancel ${id}${cli.addressing}`;
  cli.terminal.warn(
    isMissing && task.switch === 'automatic'
      ? `Not switched, since events are missing on the log. If that is meant: ${choices}`
      : `Built and compared; readers still see the former rows. Switch with: ${choices}`,
  );
  return isMissing ? EXIT.found : EXIT.done;
}
