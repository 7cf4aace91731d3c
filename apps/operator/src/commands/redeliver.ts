import type { Command } from 'commander';
import { redeliveriesAnswer, redeliveryAnswer, redeliveryPreviewAnswer } from '@samspill/platform/answers';
import { isCompanyId } from '@samspill/kernel';
import { show, type Cli } from '../cli.js';
import { EXIT, Stop } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { previewLines, redeliveryTable } from '../render/reactor-lines.js';
import { command, type CommandContext } from './command.js';
import { reactorPath, serviceNameOf, serviceOf } from './reactor-options.js';

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/;

interface Window {
  readonly company?: string;
  readonly streams?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export function redeliverCommand(context: CommandContext): Command {
  return command(
    {
      name: 'redeliver',
      summary: 'Have a reactor deliver a window of the past again',
      explanation:
        'Shows first what that would come to. What the other side has in this version or a later one is not sent, however often this is asked for. What it is said to have is taken for granted, which is right after a loss of ours; after a loss of theirs, --verify asks it about each thing. Only reactors that are declared to may do it. Who asked and why is on the log.',
      options: [
        ['--reactor <name>', 'which one; required'],
        ['--company <id>', 'only events of this company'],
        ['--stream <name>', 'only events of this stream; several with commas between'],
        ['--from <time>', 'only what was recorded from this time on, such as 2026-03-01T12:00:00Z'],
        ['--to <time>', 'only what was recorded before this time'],
        ['--verify', 'ask the other side about what it is said to have as well, and send what it lacks'],
        ['--dry-run', 'show what it would come to, and do nothing'],
        ['--list', 'show what has been asked for, and do nothing'],
        ['--reason <text>', 'why; required unless nothing is done, and kept for ever'],
        ['--yes', 'do not ask'],
      ],
      example:
        'samspill redeliver --reactor crm.send-customer --company 0198… --from 2026-03-01T00:00:00Z --dry-run\nsamspill redeliver --reactor crm.send-customer --stream contacts.customer/0198…/10001 --verify --reason "was deleted in the CRM by hand"',
      run: async (cli, options) => {
        const reactor = options.required(
          'reactor',
          'the reactor that is to deliver, as in crm.send-customer',
        );
        const service = reactor === '' ? '' : serviceNameOf(reactor, cli, options);
        if (options.isSet('list')) {
          options.done();
          const answer = await serviceOf(service, cli).call(
            'GET',
            reactorPath(reactor, 'redeliveries'),
            redeliveriesAnswer,
          );
          const { redeliveries } = answer.value;
          const lines =
            redeliveries.length === 0 ? ['Nothing was asked for.'] : redeliveryTable(redeliveries);
          show(cli, lines, { [service]: answer.raw });
          return EXIT.done;
        }
        const window = windowFrom(options);
        const verifies = options.isSet('verify');
        const isDry = options.isSet('dryRun');
        const reason = isDry ? '' : options.required('reason', 'say why; it is kept for ever');
        const isSure = options.isSet('yes');
        if (cli.isJson && !isSure && !isDry) options.fault('--json asks nobody: give --yes as well.');
        options.done();
        const client = serviceOf(service, cli);
        if (isDry || !isSure) {
          const path = reactorPath(reactor, 'redeliveries/preview');
          const preview = await client.call('POST', path, redeliveryPreviewAnswer, { window });
          if (isDry) {
            show(cli, previewLines(preview.value, verifies), { [service]: preview.raw });
            return EXIT.done;
          }
          cli.terminal.say(previewLines(preview.value, verifies).join('\n'));
          if (!(await agreed(cli))) return EXIT.done;
        }
        const body = { window, verifies, reason };
        const answer = await client.call(
          'POST',
          reactorPath(reactor, 'redeliveries'),
          redeliveryAnswer,
          body,
        );
        const { id } = answer.value;
        const next = `samspill redeliver${cli.addressing} --reactor ${reactor} --list shows how it goes.`;
        show(cli, [`Asked for in ${service} as ${id}; ${next}`], { [service]: answer.raw });
        return EXIT.done;
      },
    },
    context,
  );
}

function windowFrom(options: OptionReader): Window {
  const [company, stream] = [options.text('company'), options.text('stream')];
  if (company !== undefined && !isCompanyId(company))
    options.fault(`--company takes a company's id, a UUID in lower case, not «${company}».`);
  const [from, to] = [timeFrom('from', options), timeFrom('to', options)];
  if ((company ?? stream ?? from ?? to) === undefined)
    options.fault('Say what: --company <id>, --stream <name>, --from <time> or --to <time>.');
  return {
    ...(company !== undefined && { company }),
    ...(stream !== undefined && { streams: stream.split(',').map((name) => name.trim()) }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function timeFrom(name: string, options: OptionReader): string | undefined {
  const value = options.text(name);
  if (value === undefined || (RFC_3339.test(value) && !Number.isNaN(Date.parse(value)))) return value;
  options.fault(
    `--${name} takes an RFC 3339 time with its offset, such as 2026-03-01T12:00:00Z, not «${value}».`,
  );
  return undefined;
}

async function agreed(cli: Cli): Promise<boolean> {
  const answer = await cli.terminal.ask('Deliver?');
  if (answer === undefined) throw new Stop(EXIT.usage, 'There is nobody to ask: give --yes.');
  if (!answer) cli.terminal.say('Nothing was asked for.');
  return answer;
}
