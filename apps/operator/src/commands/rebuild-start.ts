import type { Command } from 'commander';
import {
  operationAnswer,
  planAnswer,
  type OperationAnswer,
  type PlanAnswer,
} from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import type { OptionReader, Target } from '../option-reader.js';
import { outcomeLines, planLines } from '../render/operation-lines.js';
import { Refused, type Answer, type ServiceClient } from '../service-client.js';
import { watch } from '../watch.js';
import { command, type CommandContext } from './command.js';
import { MIN_MEMORY_MIB, SCOPE_OPTIONS, THROTTLE_OPTIONS, throttleFrom } from './operation-options.js';
import { exitOf } from './operation-outcome.js';

const MEMORY_OPTION = [
  '--memory <MiB>',
  'memory for what is folded (default 512); past it, files are used',
] as const;

interface Planned {
  readonly service: ServiceClient;
  readonly value: Answer<PlanAnswer>;
}

export function planCommand(context: CommandContext): Command {
  return command(
    {
      name: 'plan',
      summary: 'What a rebuild would read, how long it should take, whether there is room',
      options: [...SCOPE_OPTIONS, MEMORY_OPTION],
      example: 'samspill rebuild plan --projection contacts.directory',
      run: async (cli, options) => {
        const target = options.target(cli.services.names);
        const memoryMiB = options.wholeNumber('memory', MIN_MEMORY_MIB);
        options.done();
        const plans = await planned(cli, target, memoryMiB);
        show(cli, allPlanLines(plans), byService(plans));
        return EXIT.done;
      },
    },
    context,
  );
}

export function startCommand(context: CommandContext): Command {
  return command(
    {
      name: 'start',
      summary: 'Build rows anew from the log, beside the live ones, and switch to them',
      explanation:
        'Shows the plan and asks, unless --yes is given, then watches. Ctrl-C, or closing the window, leaves the rebuild running. It switches by itself unless events are missing on the log, or --by-hand is given.',
      options: [
        ...SCOPE_OPTIONS,
        ['--reason <text>', 'why; required, and kept for ever'],
        ['--by-hand', 'build and compare, then wait for `samspill rebuild switch`'],
        MEMORY_OPTION,
        ...THROTTLE_OPTIONS,
        ['--yes', 'do not ask'],
        ['--detach', 'do not watch'],
      ],
      example:
        'samspill rebuild start --projection contacts.directory --reason "search misses Ærø since Tuesday"',
      run: start,
    },
    context,
  );
}

async function start(cli: Cli, options: OptionReader): Promise<ExitCode> {
  const target = options.target(cli.services.names);
  const reason = options.required('reason', 'say why; it is kept for ever');
  const memoryMiB = options.wholeNumber('memory', MIN_MEMORY_MIB);
  const throttle = throttleFrom(options);
  const isSure = options.isSet('yes');
  if (cli.isJson && !isSure) options.fault('--json asks nobody: give --yes as well.');
  options.done();
  const plans = await planned(cli, target, memoryMiB);
  if (!cli.isJson) cli.terminal.say(allPlanLines(plans).join('\n'));
  if (!isSure && !(await agreed(cli))) return EXIT.done;
  const request = {
    scope: target.scope,
    reason,
    throttle,
    ...(options.isSet('byHand') && { switch: 'by-hand' }),
    ...(memoryMiB !== undefined && { memoryMiB }),
  };
  const { started, refused } = await startIn(cli, plans, request);
  if (started.length === 0) return refused?.exitCode ?? EXIT.done;
  if (options.isSet('detach')) {
    const hints = started.map(
      ({ value }) => `Watch with: samspill rebuild watch ${value.value.id}${cli.addressing}`,
    );
    show(cli, hints, byService(started));
    return refused?.exitCode ?? EXIT.done;
  }
  const ended: Started[] = [];
  for (const { service, value } of started)
    ended.push({ service, value: await watch(cli, service, 'rebuild', value.value.id) });
  const lines = ended.flatMap(({ service, value }) => outcomeLines(service.service, value.value));
  const exits = ended.map(({ value }) => exitOf(cli, value.value));
  show(cli, lines, byService(ended));
  return refused?.exitCode ?? exits.find((exit) => exit !== EXIT.done) ?? EXIT.done;
}

interface Started {
  readonly service: ServiceClient;
  readonly value: Answer<OperationAnswer>;
}

/** Starts in every service; one that refuses does not keep the others from it, and is told of at once. */
async function startIn(
  cli: Cli,
  plans: readonly Planned[],
  request: object,
): Promise<{ readonly started: readonly Started[]; readonly refused: Stop | undefined }> {
  const started: Started[] = [];
  let refused: Stop | undefined;
  for (const { service } of plans) {
    try {
      const value = await service.call('POST', 'rebuilds', operationAnswer, request);
      started.push({ service, value });
      if (!cli.isJson) cli.terminal.say(`Started in ${service.service} as ${value.value.id}.`);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      refused ??= error;
      cli.terminal.warn(error.message);
    }
  }
  return { started, refused };
}

async function agreed(cli: Cli): Promise<boolean> {
  const answer = await cli.terminal.ask('Start?');
  if (answer === undefined) throw new Stop(EXIT.usage, 'There is nobody to ask: give --yes.');
  if (!answer) cli.terminal.say('Nothing was started.');
  return answer;
}

/** Plans of the services that are meant; for a company, of those that keep rows by company. */
async function planned(
  cli: Cli,
  { service, scope }: Target,
  memoryMiB: number | undefined,
): Promise<readonly Planned[]> {
  const body = { scope, ...(memoryMiB !== undefined && { memoryMiB }) };
  const asked = await cli.services.ask(service, (one) => one.call('POST', 'rebuilds/plan', planAnswer, body));
  const plans: Planned[] = [];
  let notPossible: Stop | undefined;
  for (const one of asked) {
    if (one.kind === 'answer') plans.push(one);
    else if (service === undefined && isNotByCompany(one.failure)) notPossible = one.failure;
    else throw one.failure;
  }
  if (plans.length === 0 && notPossible) throw notPossible;
  return plans;
}

function isNotByCompany(failure: Stop): boolean {
  return failure instanceof Refused && failure.code === 'operation.company-not-possible';
}

function allPlanLines(plans: readonly Planned[]): readonly string[] {
  return plans.flatMap(({ service, value }) => planLines(service.service, value.value));
}
