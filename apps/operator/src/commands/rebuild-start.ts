import type { Command } from 'commander';
import { operationAnswer, operationsAnswer, type OperationAnswer } from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { outcomeLines } from '../render/operation-lines.js';
import { Refused, type Answer, type ServiceClient } from '../service-client.js';
import { watch } from '../watch.js';
import { command, type CommandContext } from './command.js';
import { MIN_MEMORY_MIB, SCOPES_OPTIONS, THROTTLE_OPTIONS, throttleFrom } from './operation-options.js';
import { exitOf } from './operation-outcome.js';
import { allPlanLines, plansInTurn, type Planned } from './rebuild-plans.js';

const MEMORY_OPTION = [
  '--memory <MiB>',
  'memory for what is folded (default 512); past it, files are used',
] as const;

export function planCommand(context: CommandContext): Command {
  return command(
    {
      name: 'plan',
      summary: 'What a rebuild would read, how long it should take, whether there is room',
      options: [...SCOPES_OPTIONS, MEMORY_OPTION],
      example: 'samspill rebuild plan --projection contacts.directory',
      run: async (cli, options) => {
        const targets = options.targets(cli.services.names);
        const memoryMiB = options.wholeNumber('memory', MIN_MEMORY_MIB);
        options.done();
        const plans = await plansInTurn(cli, targets, memoryMiB);
        show(cli, allPlanLines(plans), byService(plans.flat()));
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
        'Shows the plan and asks, unless --yes is given, then watches. Ctrl-C, or closing the window, leaves the rebuild running. It switches by itself unless events are missing on the log, or --by-hand is given. Of several services, whoever writes a topic is brought to its end before those that read it are begun; the first that does not get there ends the command.',
      options: [
        ...SCOPES_OPTIONS,
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
  const targets = options.targets(cli.services.names);
  const reason = options.required('reason', 'say why; it is kept for ever');
  const memoryMiB = options.wholeNumber('memory', MIN_MEMORY_MIB);
  const throttle = throttleFrom(options);
  const isSure = options.isSet('yes');
  if (cli.isJson && !isSure) options.fault('--json asks nobody: give --yes as well.');
  options.done();
  const groups = await plansInTurn(cli, targets, memoryMiB);
  if (!cli.isJson) cli.terminal.say(allPlanLines(groups).join('\n'));
  if (!isSure && !(await agreed(cli, 'Start?'))) return EXIT.done;
  const request = {
    reason,
    throttle,
    ...(options.isSet('byHand') && { switch: 'by-hand' }),
    ...(memoryMiB !== undefined && { memoryMiB }),
  };
  return options.isSet('detach')
    ? await startAndLeave(cli, groups.flat(), request)
    : await startInTurn(cli, groups, request);
}

export interface Started {
  readonly service: ServiceClient;
  readonly value: Answer<OperationAnswer>;
}

async function startAndLeave(cli: Cli, plans: readonly Planned[], request: object): Promise<ExitCode> {
  const { started, refused } = await startIn(cli, plans, request);
  const hints = started.map(
    ({ value }) => `Watch with: samspill rebuild watch ${value.value.id}${cli.addressing}`,
  );
  if (started.length > 0) show(cli, hints, byService(started));
  return refused?.exitCode ?? EXIT.done;
}

/** Each group is begun when the one before it has come to its end. */
async function startInTurn(
  cli: Cli,
  groups: readonly (readonly Planned[])[],
  request: object,
): Promise<ExitCode> {
  const ended: Started[] = [];
  let exit: ExitCode = EXIT.done;
  for (const [index, group] of groups.entries()) {
    const { started, refused } = await startIn(cli, group, request);
    const watched: Started[] = [];
    for (const { service, value } of started)
      watched.push({ service, value: await watch(cli, service, 'rebuild', value.value.id) });
    ended.push(...watched);
    if (!cli.isJson)
      for (const { service, value } of watched)
        cli.terminal.say(outcomeLines(service.service, value.value).join('\n'));
    const exits = watched.map(({ value }) => exitOf(cli, value.value));
    exit = refused?.exitCode ?? exits.find((one) => one !== EXIT.done) ?? EXIT.done;
    if (exit === EXIT.done) continue;
    const left = groups.slice(index + 1).flatMap((plans) => plans.map(({ service }) => service.service));
    if (left.length > 0) cli.terminal.warn(`Not begun: ${left.join(', ')}.`);
    break;
  }
  if (cli.isJson && ended.length > 0) show(cli, [], byService(ended));
  return exit;
}

/** Starts in every service; one that refuses does not keep the others from it, and is told of at once. */
export async function startIn(
  cli: Cli,
  plans: readonly Pick<Planned, 'service' | 'target'>[],
  request: object,
): Promise<{ readonly started: readonly Started[]; readonly refused: Stop | undefined }> {
  const started: Started[] = [];
  let refused: Stop | undefined;
  for (const { service, target } of plans) {
    try {
      const body = { ...request, scope: target.scope };
      const value = await service.call('POST', 'rebuilds', operationAnswer, body);
      started.push({ service, value });
      if (!cli.isJson) cli.terminal.say(`Started in ${service.service} as ${value.value.id}.`);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      const own = target.scope.kind === 'service' ? await begunByItself(service, error) : undefined;
      if (own) {
        started.push({ service, value: own });
        cli.terminal.warn(
          `${service.service} has begun by itself, as ${own.value.id}, since it has no rows: ${own.value.reason}.`,
        );
        continue;
      }
      refused ??= error;
      cli.terminal.warn(error.message);
    }
  }
  return { started, refused };
}

/** A service that finds its database empty builds all that it lacks without being asked: that is what is watched then. */
async function begunByItself(
  service: ServiceClient,
  refusal: Stop,
): Promise<Answer<OperationAnswer> | undefined> {
  if (!(refusal instanceof Refused) || refusal.code !== 'operation.running-conflict') return undefined;
  const { value } = await service.call('GET', 'rebuilds', operationsAnswer);
  const own = value.operations.find(
    ({ by, state, task }) =>
      by.startsWith('service:') && task.scope.kind === 'service' && ['waiting', 'running'].includes(state),
  );
  return own && (await service.call('GET', `rebuilds/${own.id}`, operationAnswer));
}

export async function agreed(cli: Cli, question: string): Promise<boolean> {
  const answer = await cli.terminal.ask(question);
  if (answer === undefined) throw new Stop(EXIT.usage, 'There is nobody to ask: give --yes.');
  if (!answer) cli.terminal.say('Nothing was started.');
  return answer;
}
