import type { Command } from 'commander';
import { logVerificationLine } from '@samspill/platform/answers';
import type { z } from 'zod';
import { show } from '../cli.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { verificationLines, verificationProgress } from '../render/log-lines.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { followed } from './followed.js';

type Ended = Exclude<z.output<typeof logVerificationLine>, { kind: 'progress' }>;

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
    for (const service of services) {
      const lines = service.lines('POST', 'log/verify', logVerificationLine);
      const end = await followed(cli, service, lines, (far) => verificationProgress(service.service, far));
      ended.push([service.service, end]);
    }
    const lines = ended.flatMap(([service, end]) => verificationLines(service, end));
    show(cli, lines, Object.fromEntries(ended));
    return exitOf(ended.map(([, end]) => end));
  },
};

function exitOf(ended: readonly Ended[]): ExitCode {
  if (ended.some(({ kind }) => kind === 'failed')) return EXIT.failed;
  return ended.some((end) => end.kind === 'verified' && end.faults > 0) ? EXIT.found : EXIT.done;
}
