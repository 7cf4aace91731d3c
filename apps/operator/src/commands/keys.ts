import type { Command } from 'commander';
import { keysAnswer, keysCheckLine, keysRotationLine } from '@samspill/platform/answers';
import { show, type Cli } from '../cli.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { checkLines, isSettled, keysLines, keysProgress, rotationLines } from '../render/key-lines.js';
import type { ServiceClient } from '../service-client.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { followed } from './followed.js';
import { SERVICES_OPTIONS } from './operation-options.js';

export function keysCommands(context: CommandContext): Command {
  return commandGroup(
    'keys',
    'The keys that personal data is sealed with',
    'samspill keys status',
    [status, checking, rotating].map((specification) => command(specification, context)),
  );
}

const status: CommandSpecification = {
  name: 'status',
  summary: 'How many keys are kept and forgotten, and which master key seals how many',
  explanation:
    'Without --service, those of every service. Ends with 5 where a key is sealed with another master key than the first one that the service was given, or where keys do not come in; with 0, the other master keys are needed by nobody.',
  options: SERVICES_OPTIONS,
  example: 'samspill keys status',
  run: async (cli, options) => {
    const among = chosen(cli, options);
    options.done();
    const asked = await cli.services.ask(undefined, (one) => one.call('GET', 'keys', keysAnswer), among);
    const lines = asked.flatMap((one) =>
      one.kind === 'answer'
        ? [...keysLines(one.service.service, one.value.value, cli.addressing), '']
        : [one.failure.message, ''],
    );
    const raw = asked.map((one) => [
      one.service.service,
      one.kind === 'answer' ? one.value.raw : { failed: one.failure.message },
    ]);
    show(cli, lines.slice(0, -1), Object.fromEntries(raw));
    const failed = asked.find((one) => one.kind === 'failure');
    if (failed?.kind === 'failure') return failed.failure.exitCode;
    return asked.every((one) => one.kind === 'answer' && isSettled(one.value.value)) ? EXIT.done : EXIT.found;
  },
};

const checking: CommandSpecification = {
  name: 'check',
  summary:
    'Prove that personal data can be read: the key of every sealed event is there and opens, or is forgotten',
  explanation:
    'Reads the topics of each service from end to end. Changes nothing. Ends with 5 where a key is missing, with 4 where the topics could not be read to their end. Ctrl-C ends it.',
  options: SERVICES_OPTIONS,
  example: 'samspill keys check',
  run: async (cli, options) => {
    const among = chosen(cli, options);
    options.done();
    return await oneByOne(cli, await sealing(cli, among), async (service) => {
      const lines = service.lines('POST', 'keys/check', keysCheckLine);
      const end = await followed(cli, service, lines, (far) => keysProgress(service.service, far, 'events'));
      return {
        end,
        lines: checkLines(service.service, end),
        exit: end.kind === 'failed' ? EXIT.failed : end.missing > 0 ? EXIT.found : EXIT.done,
      };
    });
  },
};

const rotating: CommandSpecification = {
  name: 'rotate',
  summary: 'Seal keys anew with the first master key that the services were given',
  explanation:
    'Events, and the keys themselves, stay as they are; reading and writing go on. Each service seals its own keys. Broken off anywhere, it is begun again and goes on where it was. Ends with 5 where keys are left that do not open. Who asked and why is on the log.',
  options: [...SERVICES_OPTIONS, ['--reason <text>', 'why; required, and kept for ever']],
  example: 'samspill keys rotate --reason "yearly"',
  run: async (cli, options) => {
    const among = chosen(cli, options);
    const reason = options.required('reason', 'say why; it is kept for ever');
    options.done();
    return await oneByOne(cli, await sealing(cli, among), async (service) => {
      const lines = service.lines('POST', 'keys/rotate', keysRotationLine, { reason });
      const end = await followed(cli, service, lines, (far) => keysProgress(service.service, far, 'keys'));
      return {
        end,
        lines: rotationLines(service.service, end, cli.addressing),
        exit: end.kind === 'failed' ? EXIT.failed : end.left > 0 ? EXIT.found : EXIT.done,
      };
    });
  },
};

/** Services that were named, or all. */
function chosen(cli: Cli, options: OptionReader): readonly string[] {
  const named = options.services(cli.services.names);
  const [only] = named;
  // Several names have been looked at by the reader itself.
  if (named.length === 1 && only !== undefined && !cli.services.names.includes(only))
    options.fault(`There is no service ${only}; there are ${cli.services.names.join(', ')}.`);
  return named.length === 0 ? cli.services.names : named;
}

/** Those of the services that are there. @throws Stop where one of them has no master keys: nothing was begun then */
async function sealing(cli: Cli, among: readonly string[]): Promise<readonly ServiceClient[]> {
  const question = (one: ServiceClient): Promise<unknown> => one.call('GET', 'keys', keysAnswer);
  return (await cli.services.askAll(undefined, question, among)).map(({ service }) => service);
}

async function oneByOne(
  cli: Cli,
  services: readonly ServiceClient[],
  work: (
    service: ServiceClient,
  ) => Promise<{ readonly end: unknown; readonly lines: readonly string[]; readonly exit: ExitCode }>,
): Promise<ExitCode> {
  const ends: [string, unknown][] = [];
  const exits = new Set<ExitCode>();
  for (const service of services) {
    const { end, lines, exit } = await work(service);
    ends.push([service.service, end]);
    exits.add(exit);
    if (!cli.isJson) cli.terminal.say(lines.join('\n'));
  }
  if (cli.isJson) show(cli, [], Object.fromEntries(ends));
  if (exits.has(EXIT.failed)) return EXIT.failed;
  return exits.has(EXIT.found) ? EXIT.found : EXIT.done;
}
