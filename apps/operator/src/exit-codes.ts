/** What the process ends with, so that scripts know what to do next. Said in `--help` and in docs/how-to/operate.md. */
export const EXIT = {
  done: 0,
  /** The command was not understood; nothing was asked of any service. */
  usage: 1,
  /** A service understood, and refused. */
  refused: 2,
  /** A service could not be reached, or gave no answer that can be used. */
  unreachable: 3,
  /** The operation has failed or was cancelled. */
  failed: 4,
  /** Something was found: rows that differ, missing events, parked events, topics that are not as declared. */
  found: 5,
  /** Ctrl-C while watching; the operation goes on. 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    not understood; nothing was asked of any service
  2    refused by the service
  3    a service could not be reached
  4    the operation failed or was cancelled
  5    something was found: rows differ, events are missing or parked, topics are not as declared
  130  Ctrl-C while watching; the operation goes on`;

/** Ends the command with a sentence that says what is wrong and what to do. */
export class Stop extends Error {
  override readonly name = 'Stop';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
