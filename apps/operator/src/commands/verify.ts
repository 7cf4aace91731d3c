import type { Command } from 'commander';
import { operationAnswer } from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import { hasFindings, outcomeLines } from '../render/operation-lines.js';
import { watch } from '../watch.js';
import { command, type CommandContext } from './command.js';
import { SCOPE_OPTIONS, SERVICES_OPTIONS } from './operation-options.js';
import { plansInTurn } from './rebuild-plans.js';
import { startIn, type Started } from './rebuild-start.js';

export function verifyCommand(context: CommandContext): Command {
  return command(
    {
      name: 'verify',
      summary: 'Prove that the live rows are what the log says',
      explanation:
        'Builds the rows anew from the log beside the live ones, compares the two at the same place of the log, and drops what it has built: readers notice nothing. Takes as long, and as much room, as a rebuild. Ends with 5 where rows differ or events are missing.',
      options: [
        SCOPE_OPTIONS[0],
        ...SERVICES_OPTIONS,
        ['--reason <text>', 'why; kept for ever (default: "verification")'],
      ],
      example: 'samspill verify --projection contacts.directory',
      run: async (cli, options) => {
        const targets = options.targets(cli.services.names);
        const reason = options.text('reason') ?? 'verification';
        options.done();
        const ended: Started[] = [];
        let exit: ExitCode = EXIT.done;
        for (const group of await plansInTurn(cli, targets, undefined)) {
          const { started, refused } = await startIn(cli, group, { reason, switch: 'by-hand' });
          for (const one of started) {
            const compared = await comparedAndDropped(cli, one);
            ended.push(compared);
            if (!cli.isJson)
              cli.terminal.say(outcomeLines(one.service.service, compared.value.value).join('\n'));
            if (exit === EXIT.done) exit = exitOf(compared);
          }
          if (refused) exit = refused.exitCode;
        }
        if (cli.isJson) show(cli, [], byService(ended));
        return exit;
      },
    },
    context,
  );
}

/** The operation as it was when its rows had been compared. */
async function comparedAndDropped(cli: Cli, { service, value: { value } }: Started): Promise<Started> {
  try {
    const compared = await watch(cli, service, 'rebuild', value.id);
    if (compared.value.state === 'ready') {
      await service.call('POST', `rebuilds/${value.id}/cancel`, operationAnswer);
      await watch(cli, service, 'rebuild', value.id);
    }
    return { service, value: compared };
  } catch (error) {
    if (!(error instanceof Stop) || error.exitCode !== EXIT.interrupted) throw error;
    const giveUp = `samspill rebuild cancel ${value.id}${cli.addressing}`;
    throw new Stop(error.exitCode, `${error.message}\nOr give it up with: ${giveUp}`);
  }
}

function exitOf({ value: { value } }: Started): ExitCode {
  if (value.state !== 'ready') return EXIT.failed;
  return hasFindings(value) ? EXIT.found : EXIT.done;
}
