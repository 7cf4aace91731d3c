import type { Command } from 'commander';
import { revertAnswer } from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { deedsOf, leftAlone, previewLines, revertLines } from '../render/revert-lines.js';
import { Refused, type Answer, type ServiceClient } from '../service-client.js';
import { watchRevert, type RevertSeen } from '../watch-revert.js';
import { command, type CommandContext } from './command.js';
import { revertTarget, SELECTION_OPTIONS, selects, type RevertTarget } from './revert-selection.js';

const EXAMPLE_COMPANY = '7f2c1c1e-54b1-4a6b-9d58-0a3b7a0f4a11';
const EXAMPLE_IMPORT = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11';

/** A revert as a service tells of it. */
export interface Told {
  readonly service: ServiceClient;
  readonly value: Answer<RevertSeen>;
}

export function revertPlanCommand(context: CommandContext): Command {
  return command(
    {
      name: 'plan',
      summary: 'What would be put back as it was, and what stands in the way; changes nothing',
      explanation:
        'The plan is kept: start it with `samspill revert start <id>`. What has changed between the plan and the start is left alone.',
      options: SELECTION_OPTIONS,
      example: `samspill revert plan --import ${EXAMPLE_IMPORT}\nsamspill revert plan --company ${EXAMPLE_COMPANY} --to 2026-03-01T12:00:00Z`,
      run: async (cli, options) => {
        const target = revertTarget(options, cli.services.names);
        options.done();
        const plans = await planned(cli, target);
        const hints = plans
          .filter(({ value }) => deedsOf(value.value) > 0)
          .map(
            ({ value }) =>
              `Start it with: samspill revert start ${value.value.id} --reason "…"${cli.addressing}`,
          );
        show(cli, [...previews(plans), ...hints], byService(plans));
        return exitOfPlans(plans);
      },
    },
    context,
  );
}

export function revertStartCommand(context: CommandContext): Command {
  return command(
    {
      name: 'start',
      summary: 'Put records back as they were',
      explanation:
        'Of a plan, or of what the options say, which is planned first. Shows the plan and asks, unless --yes is given, then watches; Ctrl-C leaves it running. From the start on nothing is taken in for the company until `samspill revert release`. Ends with 5 where something was left alone because it has changed since the plan.',
      arguments: [['[id]', 'of a plan, as `revert list` shows it']],
      options: [
        ...SELECTION_OPTIONS,
        ['--reason <text>', 'why; required, and kept for ever'],
        ['--yes', 'do not ask'],
        ['--detach', 'do not watch'],
      ],
      example: `samspill revert start --import ${EXAMPLE_IMPORT} --reason "last year's file"`,
      run: start,
    },
    context,
  );
}

async function start(cli: Cli, options: OptionReader, [id]: readonly string[]): Promise<ExitCode> {
  if (id !== undefined && selects(options)) options.fault('Give the id of a plan or say what, not both.');
  const target = id === undefined ? revertTarget(options, cli.services.names) : undefined;
  const reason = options.required('reason', 'say why; it is kept for ever');
  const isSure = options.isSet('yes');
  if (cli.isJson && !isSure) options.fault('--json asks nobody: give --yes as well.');
  options.done();
  const plans = target ? await planned(cli, target) : [await findRevert(cli, id ?? '')];
  if (!cli.isJson) cli.terminal.say(previews(plans).join('\n'));
  const chosen = plans.filter(({ value }) => deedsOf(value.value) > 0);
  if (chosen.length === 0) {
    show(cli, ['There is nothing to put back.'], byService(plans));
    return exitOfPlans(plans);
  }
  if (!isSure && !(await agreed(cli))) return EXIT.done;
  const started: Told[] = [];
  for (const { service, value } of chosen) {
    const path = `reverts/${value.value.id}/start`;
    started.push({ service, value: await service.call('POST', path, revertAnswer, { reason }) });
    if (!cli.isJson) cli.terminal.say(`Started in ${service.service} as ${value.value.id}.`);
  }
  if (options.isSet('detach')) {
    const hints = started.map(
      ({ value }) => `Watch with: samspill revert watch ${value.value.id}${cli.addressing}`,
    );
    show(cli, hints, byService(started));
    return EXIT.done;
  }
  const ended: Told[] = [];
  for (const { service, value } of started)
    ended.push({ service, value: await watchRevert(cli, service, value.value.id) });
  const lines = ended.flatMap(({ service, value }) => revertLines(service.service, value.value));
  show(cli, lines, byService(ended));
  const exits = ended.map(({ value }) => exitOfRevert(cli, value.value));
  return exits.find((exit) => exit === EXIT.failed) ?? exits.find((exit) => exit === EXIT.found) ?? EXIT.done;
}

/** What a command ends with that has waited for a revert, with a hint where somebody has to go on. */
export function exitOfRevert(cli: Cli, revert: RevertSeen): ExitCode {
  const { company, state, hold } = revert;
  if (hold !== undefined)
    cli.terminal.warn(
      `Nothing is taken in for company ${company} until its business system has the right records and you say so: samspill revert release --company ${company} --reason "…"${cli.addressing}`,
    );
  if (state === 'failed' || state === 'cancelled') return EXIT.failed;
  return leftAlone(revert) > 0 ? EXIT.found : EXIT.done;
}

/** @throws Stop where no service knows it */
export async function findRevert(cli: Cli, id: string): Promise<Told> {
  return await cli.services.knowing(
    (one) => one.call('GET', `reverts/${encodeURIComponent(id)}`, revertAnswer),
    `No service has a revert ${id}; samspill revert list${cli.addressing} shows those that there are.`,
  );
}

async function agreed(cli: Cli): Promise<boolean> {
  const answer = await cli.terminal.ask('Put this back, and hold the company’s intake?');
  if (answer === undefined) throw new Stop(EXIT.usage, 'There is nobody to ask: give --yes.');
  if (!answer) cli.terminal.say('Nothing was started.');
  return answer;
}

/** Plans of the services that are meant, when they have been made. */
async function planned(cli: Cli, { service, selection }: RevertTarget): Promise<readonly Told[]> {
  const asked = await cli.services.ask(service, (one) =>
    one.call('POST', 'reverts/plan', revertAnswer, { selection }),
  );
  const plans: Told[] = [];
  let notHere: Stop | undefined;
  for (const one of asked) {
    if (one.kind === 'answer')
      plans.push({ service: one.service, value: await watchRevert(cli, one.service, one.value.value.id) });
    else if (service === undefined && isNotHere(one.failure)) notHere = one.failure;
    else throw one.failure;
  }
  if (plans.length === 0 && notHere) throw notHere;
  return plans;
}

function isNotHere(failure: Stop): boolean {
  return (
    failure instanceof Refused && ['revert.not-possible', 'revert.import-not-found'].includes(failure.code)
  );
}

function previews(plans: readonly Told[]): readonly string[] {
  return plans.flatMap(({ service, value }) => previewLines(service.service, value.value));
}

function exitOfPlans(plans: readonly Told[]): ExitCode {
  return plans.some(({ value }) => value.value.state === 'failed' || value.value.state === 'cancelled')
    ? EXIT.failed
    : EXIT.done;
}
