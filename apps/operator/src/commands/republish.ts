import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  createdTopicsAnswer,
  republishAnswer,
  statusAnswer,
  type RepublishAnswer,
} from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { republishLines, republishProgress } from '../render/republish-lines.js';
import type { ServiceClient } from '../service-client.js';
import { watch } from '../watch.js';
import { outcomeLines } from '../render/operation-lines.js';
import { command, type CommandContext } from './command.js';
import { SERVICES_OPTIONS } from './operation-options.js';
import { exitOf } from './operation-outcome.js';
import { agreed, startIn } from './rebuild-start.js';

const LOOK_MS = 500;
/** A topic that was just made is known to a running service within its own look at it, and no sooner. */
const BEGINS_WITHIN_MS = 120_000;

interface Topic {
  readonly service: ServiceClient;
  readonly value: { readonly raw: unknown; readonly value: RepublishAnswer };
}

export function republishCommand(context: CommandContext): Command {
  return command(
    {
      name: 'republish',
      summary: 'Fill topics that were lost again, from the event stores',
      explanation:
        'Shows first what each topic lacks, and asks. Events go out with the same keys, partitions, times and order, and under another log identity: projections that have read the former topic stand still until they are rebuilt, which --rebuild does at the end. Topics are made only with --create-topics. Without --service, every topic is looked at.',
      options: [
        ...SERVICES_OPTIONS,
        ['--reason <text>', 'why; required, and kept for ever'],
        ['--dry-run', 'only show what is lacking; ends with 5 where anything is'],
        ['--create-topics', 'make topics that do not exist, as they are declared'],
        ['--rebuild', 'rebuild the projections that have read the former topics'],
        ['--yes', 'do not ask'],
      ],
      example: 'samspill republish --service contacts --create-topics --rebuild --reason "topic was deleted"',
      run: republish,
    },
    context,
  );
}

async function republish(cli: Cli, options: OptionReader): Promise<ExitCode> {
  const named = options.services(cli.services.names);
  const [isDry, isSure] = [options.isSet('dryRun'), options.isSet('yes')];
  const reason = isDry ? '' : options.required('reason', 'say why; it is kept for ever');
  if (cli.isJson && !isSure && !isDry) options.fault('--json asks nobody: give --yes as well.');
  options.done();
  const services = await cli.services.inOrder(named.length === 0 ? cli.services.names : named);
  const topics = await look(services);
  const isToDo = topics.filter(({ value }) => value.value.state !== 'in-step');
  if (!cli.isJson) cli.terminal.say(topics.flatMap(linesOf).join('\n'));
  if (isDry) {
    if (cli.isJson) show(cli, [], byService(topics));
    return isToDo.length === 0 ? EXIT.done : EXIT.found;
  }
  if (isToDo.length > 0) {
    refuseMissing(isToDo, options.isSet('createTopics'), cli);
    if (!isSure && !(await agreed(cli, 'Publish again?'))) return EXIT.done;
    for (const { service, value } of isToDo) await fill(cli, service, value.value, reason);
  }
  if (cli.isJson) show(cli, [], byService(await look(services)));
  return await rebuildReaders(cli, reason, { isAsked: options.isSet('rebuild'), isSure });
}

async function look(services: readonly ServiceClient[]): Promise<readonly Topic[]> {
  return await Promise.all(
    services.map(async (service) => ({
      service,
      value: await service.call('GET', 'republish?counted=true', republishAnswer),
    })),
  );
}

function linesOf({ service, value }: Topic): readonly string[] {
  return republishLines(service.service, value.value);
}

function refuseMissing(topics: readonly Topic[], mayCreate: boolean, cli: Cli): void {
  const missing = topics.filter(({ value }) => value.value.state === 'missing');
  if (missing.length === 0 || mayCreate) return;
  const names = missing.map(({ value }) => value.value.topic).join(', ');
  throw new Stop(
    EXIT.refused,
    `Nothing was published: there is no ${names}. See that it is really lost, and not that the log is another one; then give --create-topics, or make it with: samspill topics create${cli.addressing}`,
  );
}

/** Fills one topic, and returns when it has all that the event store has. */
async function fill(
  cli: Cli,
  service: ServiceClient,
  { state, stored = 0 }: RepublishAnswer,
  reason: string,
): Promise<void> {
  if (state === 'missing') {
    const { value } = await service.call('POST', 'topics', createdTopicsAnswer, { reason });
    if (!cli.isJson) cli.terminal.say(`Made ${value.created.join(', ')}.`);
  }
  if (state !== 'filling') await service.call('POST', 'republish', republishAnswer, { reason });
  let giveUpAtMs = Date.now() + BEGINS_WITHIN_MS;
  let before = -1;
  for (;;) {
    const { value: now } = await service.call('GET', 'republish', republishAnswer);
    if (now.onLog !== before) giveUpAtMs = Date.now() + BEGINS_WITHIN_MS;
    before = now.onLog;
    if (now.state === 'in-step') break;
    if (cli.terminal.isInteractive && !cli.isJson)
      cli.terminal.progress(republishProgress(service.service, now, stored));
    if (Date.now() > giveUpAtMs)
      throw new Stop(
        EXIT.failed,
        `${now.topic} is not being filled: ${now.why.join(' ')} See what samspill status${cli.addressing} says about publishing; what was begun goes on by itself.`,
      );
    await delay(LOOK_MS);
  }
  const { value: after } = await service.call('GET', 'republish?counted=true', republishAnswer);
  // What has been written since then is on its way like everything else, and no reason to say that something lacks.
  const filled = { ...after, state: 'in-step' as const };
  if (!cli.isJson) cli.terminal.say(republishLines(service.service, filled).join('\n'));
}

/** Projections, of every service, that have read a log that is not there any more: rebuilt, or told how. */
async function rebuildReaders(
  cli: Cli,
  reason: string,
  { isAsked, isSure }: { readonly isAsked: boolean; readonly isSure: boolean },
): Promise<ExitCode> {
  const services = await cli.services.inOrder(cli.services.names);
  const stale: { readonly service: ServiceClient; readonly projection: string }[] = [];
  for (const service of services) {
    const { value } = await service.call('GET', 'status', statusAnswer);
    for (const { name, replaced } of value.liveness)
      if (replaced.length > 0) stale.push({ service, projection: name });
  }
  if (stale.length === 0) return EXIT.done;
  const names = stale.map(({ projection }) => projection).join(', ');
  cli.terminal.warn(`These have read a log that is not there any more, and stand still: ${names}.`);
  const commands = stale.map(
    ({ projection }) =>
      `  samspill rebuild start --projection ${projection} --reason "topic made anew"${cli.addressing}`,
  );
  const isWanted = isAsked || (!isSure && !cli.isJson && (await agreed(cli, 'Rebuild them?')));
  if (!isWanted) {
    cli.terminal.warn(['Rebuild them with:', ...commands].join('\n'));
    return EXIT.found;
  }
  for (const { service, projection } of stale) {
    const target = { service: service.service, scope: { kind: 'projection' as const, projection } };
    const { started, refused } = await startIn(cli, [{ service, target }], { reason });
    const [one] = started;
    if (!one) return refused?.exitCode ?? EXIT.failed;
    const answer = await watch(cli, service, 'rebuild', one.value.value.id);
    if (!cli.isJson) cli.terminal.say(outcomeLines(service.service, answer.value).join('\n'));
    const exit = exitOf(cli, answer.value);
    if (exit !== EXIT.done) return exit;
  }
  return EXIT.done;
}
