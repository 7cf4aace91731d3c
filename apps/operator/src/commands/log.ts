import type { Command } from 'commander';
import { logVerificationLine } from '@samspill/platform/answers';
import type { z } from 'zod';
import { show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import { verificationLines, verificationProgress } from '../render/log-lines.js';
import type { ServiceClient } from '../service-client.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';

/** Where nobody looks on, a line so often. */
const LINE_EVERY_MS = 5_000;

type Line = z.output<typeof logVerificationLine>;
type Ended = Exclude<Line, { kind: 'progress' }>;

export function logCommands(context: CommandContext): Command {
  return commandGroup('log', 'The log itself', 'samspill log verify --service contacts', [
    command(verifying, context),
  ]);
}

const verifying: CommandSpecification = {
  name: 'verify',
  summary: 'Prove that the topics are what was written',
  explanation:
    'Reads each topic from end to end: versions without holes, every event following from the one before it, beginnings and ends, and the event store’s own copy of each. Changes nothing. Ends with 5 where anything is not as it was written, with 4 where it could not be read to its end. Ctrl-C ends it.',
  options: [['--service <name>', 'only the topic of this one']],
  example: 'samspill log verify --service contacts',
  run: async (cli, options) => {
    const name = options.text('service');
    options.done();
    const services = await cli.services.present(name);
    const ended: [string, Ended][] = [];
    for (const service of services) ended.push([service.service, await verified(cli, service)]);
    const lines = ended.flatMap(([service, end]) => verificationLines(service, end));
    show(cli, lines, Object.fromEntries(ended));
    return exitOf(ended.map(([, end]) => end));
  },
};

function exitOf(ended: readonly Ended[]): ExitCode {
  if (ended.some(({ kind }) => kind === 'failed')) return EXIT.failed;
  return ended.some((end) => end.kind === 'verified' && end.faults > 0) ? EXIT.found : EXIT.done;
}

async function verified(cli: Cli, service: ServiceClient): Promise<Ended> {
  let shownMs = Date.now();
  for await (const line of service.lines('POST', 'log/verify', logVerificationLine)) {
    if (line.kind !== 'progress') return line;
    const text = verificationProgress(service.service, line);
    if (cli.isJson) continue;
    if (cli.terminal.isInteractive) cli.terminal.progress(text);
    else if (Date.now() - shownMs >= LINE_EVERY_MS) {
      cli.terminal.say(text);
      shownMs = Date.now();
    }
  }
  throw new Stop(
    EXIT.unreachable,
    `${service.service} broke off before it had read everything. See whether it runs, and begin again.`,
  );
}
