import type { Command } from 'commander';
import {
  diffAnswer,
  operationAnswer,
  operationsAnswer,
  type OperationAnswer,
} from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { diffLines, hasFindings, isEqual, operationTable, outcomeLines } from '../render/operation-lines.js';
import type { Answer, ServiceClient } from '../service-client.js';
import { watch } from '../watch.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { THROTTLE_OPTIONS, throttleFrom } from './operation-options.js';
import { exitOf } from './operation-outcome.js';
import { droppingOld } from './rebuild-drop-old.js';
import { planCommand, startCommand } from './rebuild-start.js';

const ID = [['<id>', 'as `rebuild list` shows it']] as const;
const EXAMPLE_ID = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11';
const PART_OPTION = ['--projection <name>', 'which, where the rebuild has several'] as const;

export function rebuildCommands(context: CommandContext): Command {
  return commandGroup(
    'rebuild',
    'Build rows anew from the log while reading and writing go on',
    'samspill rebuild start --service contacts --reason "database lost"',
    [
      planCommand(context),
      startCommand(context),
      ...[
        watching,
        listing,
        pausing,
        resuming,
        throttling,
        cancelling,
        diffing,
        verifying,
        switching,
        undoing,
        droppingOld,
      ].map((specification) => command(specification, context)),
    ],
  );
}

const watching: CommandSpecification = {
  name: 'watch',
  summary: 'Follow a rebuild until it ends or waits for a person',
  arguments: ID,
  example: `samspill rebuild watch ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    options.done();
    const { service } = await find(cli, id);
    return await followed(cli, service, id);
  },
};

const listing: CommandSpecification = {
  name: 'list',
  summary: 'Rebuilds, newest first',
  options: [['--service <name>', 'only of this one']],
  example: 'samspill rebuild list',
  run: async (cli, options) => {
    const service = options.text('service');
    options.done();
    const answers = await cli.services.askAll(service, (one) =>
      one.call('GET', 'rebuilds', operationsAnswer),
    );
    const operations = answers
      .flatMap(({ service: one, value }) =>
        value.value.operations.map((operation) => ({ service: one.service, operation })),
      )
      .toSorted((a, b) => (a.operation.createdAt < b.operation.createdAt ? 1 : -1));
    show(cli, operationTable(operations), byService(answers));
    return EXIT.done;
  },
};

const pausing = asking(
  'pause',
  'Stop reading for now; go on with `rebuild resume`',
  'will pause within a second',
);
const resuming = asking('resume', 'Go on after a pause', 'goes on');

const throttling: CommandSpecification = {
  name: 'throttle',
  summary: 'How fast a rebuild may read from now on',
  explanation: 'Bounds that are not named are lifted; --none lifts both.',
  arguments: ID,
  options: [...THROTTLE_OPTIONS, ['--none', 'as fast as it can']],
  example: `samspill rebuild throttle ${EXAMPLE_ID} --events-per-second 50000 --max-live-lag 1000`,
  run: async (cli, options, [id = '']) => {
    const throttle = throttleFrom(options);
    const bounds = Object.keys(throttle).length;
    if (bounds > 0 === options.isSet('none'))
      options.fault('Say how fast: --events-per-second, --max-live-lag, or --none.');
    options.done();
    const { service } = await find(cli, id);
    const answer = await service.call('PUT', `rebuilds/${id}/throttle`, operationAnswer, throttle);
    show(cli, [`${id} reads ${bounds === 0 ? 'as fast as it can' : 'as you said'} from now on.`], answer.raw);
    return EXIT.done;
  },
};

const cancelling = waiting('cancel', 'Give a rebuild up; live rows stay as they are', ({ state }) =>
  state === 'cancelled' ? EXIT.done : EXIT.failed,
);

const diffing: CommandSpecification = {
  name: 'diff',
  summary: 'Rows added, changed and gone against the live ones, with samples by key',
  explanation:
    'As they were when the rebuild compared them; `rebuild verify` compares again. Ends with 5 where rows differ.',
  arguments: ID,
  options: [PART_OPTION],
  example: `samspill rebuild diff ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    const projection = options.text('projection');
    options.done();
    const { service } = await find(cli, id);
    const query = projection === undefined ? '' : `?${new URLSearchParams({ projection }).toString()}`;
    const answer = await service.call('GET', `rebuilds/${id}/diff${query}`, diffAnswer);
    show(cli, diffLines(answer.value), answer.raw);
    return isEqual(answer.value) ? EXIT.done : EXIT.found;
  },
};

const verifying = waiting(
  'verify',
  'Bring what was built up to the log and compare it again',
  (operation, cli) => (hasFindings(operation) ? EXIT.found : exitOf(cli, operation)),
  'Of a rebuild that waits for its switch. Ends with 5 where rows differ or events are missing.',
);
const switching = waiting('switch', 'Let readers see what was built', (operation, cli) => {
  const exit = exitOf(cli, operation);
  return operation.state === 'done' ? exit : EXIT.failed;
});
const undoing = waiting(
  'undo',
  'Bring the former rows up to the log and let readers see them again',
  ({ state }) => (state === 'undone' ? EXIT.done : EXIT.failed),
  'Possible until the projection is rebuilt again.',
);

/** A command that asks something of a rebuild and is done with that. */
function asking(name: string, summary: string, outcome: string): CommandSpecification {
  return {
    name,
    summary,
    arguments: ID,
    example: `samspill rebuild ${name} ${EXAMPLE_ID}`,
    run: async (cli, options, [id = '']) => {
      options.done();
      const { service } = await find(cli, id);
      const answer = await service.call('POST', `rebuilds/${id}/${name}`, operationAnswer);
      show(cli, [`${id} ${outcome}.`], answer.raw);
      return EXIT.done;
    },
  };
}

/** A command that asks something of a rebuild and waits for what comes of it. */
function waiting(
  name: string,
  summary: string,
  exit: (operation: OperationAnswer, cli: Cli) => ExitCode,
  explanation?: string,
): CommandSpecification {
  return {
    name,
    summary,
    ...(explanation !== undefined && { explanation }),
    arguments: ID,
    example: `samspill rebuild ${name} ${EXAMPLE_ID}`,
    run: async (cli, options, [id = '']) => {
      options.done();
      const { service } = await find(cli, id);
      await service.call('POST', `rebuilds/${id}/${name}`, operationAnswer);
      return await followed(cli, service, id, exit);
    },
  };
}

async function followed(
  cli: Cli,
  service: ServiceClient,
  id: string,
  exit: (operation: OperationAnswer, cli: Cli) => ExitCode = (operation) => exitOf(cli, operation),
): Promise<ExitCode> {
  const answer = await watch(cli, service, 'rebuild', id);
  show(cli, outcomeLines(service.service, answer.value), answer.raw);
  return exit(answer.value, cli);
}

async function find(
  cli: Cli,
  id: string,
): Promise<{ readonly service: ServiceClient; readonly value: Answer<OperationAnswer> }> {
  return await cli.services.knowing(
    (one) => one.call('GET', `rebuilds/${encodeURIComponent(id)}`, operationAnswer),
    `No service has a rebuild ${id}; samspill rebuild list${cli.addressing} shows those that there are.`,
  );
}
