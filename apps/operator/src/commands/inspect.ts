import type { Command } from 'commander';
import {
  diffAnswer,
  operationAnswer,
  operationsAnswer,
  rowsAnswer,
  type OperationAnswer,
} from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { diffLines, isEqual, operationTable, outcomeLines } from '../render/operation-lines.js';
import { Refused, type Answer, type ServiceClient } from '../service-client.js';
import { watch } from '../watch.js';
import { saveDownload } from './save-download.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { MIN_MEMORY_MIB, SCOPE_OPTIONS, THROTTLE_OPTIONS, throttleFrom } from './operation-options.js';
import { exitOf } from './operation-outcome.js';

const ID = [['<id>', 'as `inspect list` shows it']] as const;
const EXAMPLE_ID = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11';
const PART_OPTION = ['--projection <name>', 'which, where the inspection has several'] as const;
const DEFAULT_ROWS = '100';

export function inspectCommands(context: CommandContext): Command {
  return commandGroup(
    'inspect',
    'Look at rows as they were at a moment, which nobody else sees',
    'samspill inspect start --as-of 2026-03-01T12:00:00Z --projection contacts.directory --reason "before the import"',
    [starting, watching, listing, showingRows, diffing, exporting, dropping].map((specification) =>
      command(specification, context),
    ),
  );
}

const starting: CommandSpecification = {
  name: 'start',
  summary: 'Build the rows of a moment',
  explanation: 'It is dropped after a day, or after --expires.',
  options: [
    [
      '--as-of <moment>',
      'an RFC 3339 time, or topic:partition:offset (the first that is left out) with commas between',
    ],
    ...SCOPE_OPTIONS,
    ['--reason <text>', 'why; required, and kept for ever'],
    ['--expires <hours>', 'drop it after so many hours (default 24)'],
    ['--memory <MiB>', 'memory for what is folded (default 512)'],
    ...THROTTLE_OPTIONS,
    ['--detach', 'do not watch'],
  ],
  example:
    'samspill inspect start --as-of 2026-03-01T12:00:00Z --projection contacts.directory --reason "before the import"',
  run: start,
};

async function start(cli: Cli, options: OptionReader): Promise<ExitCode> {
  const { service, scope } = options.target(cli.services.names);
  const asOf = options.asOf('asOf');
  const reason = options.required('reason', 'say why; it is kept for ever');
  const expiresInHours = options.wholeNumber('expires', 1);
  const memoryMiB = options.wholeNumber('memory', MIN_MEMORY_MIB);
  const throttle = throttleFrom(options);
  options.done();
  const request = {
    scope,
    asOf,
    reason,
    throttle,
    ...(expiresInHours !== undefined && { expiresInHours }),
    ...(memoryMiB !== undefined && { memoryMiB }),
  };
  const asked = await cli.services.ask(service, (one) =>
    one.call('POST', 'inspections', operationAnswer, request),
  );
  const started: { service: ServiceClient; value: Answer<OperationAnswer> }[] = [];
  for (const one of asked) {
    if (one.kind === 'answer') started.push(one);
    else if (service !== undefined || !isNotByCompany(one.failure)) cli.terminal.warn(one.failure.message);
  }
  const failure = asked.find((one) => one.kind === 'failure');
  if (started.length === 0 && failure?.kind === 'failure') return failure.failure.exitCode;
  const ended: typeof started = [];
  for (const { service: one, value } of started) {
    if (!cli.isJson) cli.terminal.say(`Started in ${one.service} as ${value.value.id}.`);
    ended.push({
      service: one,
      value: options.isSet('detach') ? value : await watch(cli, one, 'inspection', value.value.id),
    });
  }
  const lines = ended.flatMap(({ service: one, value }) => [
    ...outcomeLines(one.service, value.value),
    `Look at it with: samspill inspect rows ${value.value.id}${value.value.parts.length > 1 ? ' --projection <name>' : ''}${cli.addressing}`,
  ]);
  show(cli, lines, byService(ended));
  return ended.map(({ value }) => exitOf(cli, value.value)).find((exit) => exit !== EXIT.done) ?? EXIT.done;
}

const watching: CommandSpecification = {
  name: 'watch',
  summary: 'Follow an inspection until it can be looked at',
  arguments: ID,
  example: `samspill inspect watch ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    options.done();
    const service = await find(cli, id);
    const answer = await watch(cli, service, 'inspection', id);
    show(cli, outcomeLines(service.service, answer.value), answer.raw);
    return exitOf(cli, answer.value);
  },
};

const listing: CommandSpecification = {
  name: 'list',
  summary: 'Inspections, newest first',
  options: [['--service <name>', 'only of this one']],
  example: 'samspill inspect list',
  run: async (cli, options) => {
    const service = options.text('service');
    options.done();
    const answers = await cli.services.askAll(service, (one) =>
      one.call('GET', 'inspections', operationsAnswer),
    );
    const operations = answers.flatMap(({ service: one, value }) =>
      value.value.operations.map((operation) => ({ service: one.service, operation })),
    );
    show(cli, operationTable(operations), byService(answers));
    return EXIT.done;
  },
};

const showingRows: CommandSpecification = {
  name: 'rows',
  summary: 'Its rows in the order of their keys, one a line as JSON',
  arguments: ID,
  options: [
    PART_OPTION,
    [
      '--where <column=value>',
      'only rows whose column, as text, is that; may be given several times',
      'repeated',
    ],
    ['--limit <n>', `at most so many (default ${DEFAULT_ROWS})`],
    ['--after <cursor>', 'go on after a page, with what it said'],
  ],
  example: `samspill inspect rows ${EXAMPLE_ID} --where kind=customer --limit 20`,
  run: async (cli, options, [id = '']) => {
    const query = partQuery(options);
    const where = options.texts('where');
    if (where.some((filter) => filter.indexOf('=') < 1)) options.fault('--where takes column=value.');
    query.set('limit', String(options.wholeNumber('limit', 1) ?? DEFAULT_ROWS));
    for (const filter of where) query.append('where', filter);
    const after = options.text('after');
    if (after !== undefined) query.set('after', after);
    options.done();
    const service = await find(cli, id);
    const answer = await service.call('GET', `inspections/${id}/rows?${query.toString()}`, rowsAnswer);
    const { rows, next } = answer.value;
    show(cli, rows.length === 0 ? ['No rows.'] : rows.map((row) => JSON.stringify(row)), answer.raw);
    if (next !== undefined && !cli.isJson) cli.terminal.warn(`There are more: --after ${next}`);
    return EXIT.done;
  },
};

const diffing: CommandSpecification = {
  name: 'diff',
  summary: 'What has changed since: rows added, changed and gone, with samples by key',
  explanation: 'Ends with 5 where rows differ.',
  arguments: ID,
  options: [PART_OPTION],
  example: `samspill inspect diff ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    const query = partQuery(options);
    options.done();
    const service = await find(cli, id);
    const answer = await service.call('GET', `inspections/${id}/diff?${query.toString()}`, diffAnswer);
    show(cli, diffLines(answer.value), answer.raw);
    return isEqual(answer.value) ? EXIT.done : EXIT.found;
  },
};

const FORMATS = ['csv', 'ndjson'] as const;

const exporting: CommandSpecification = {
  name: 'export',
  summary: 'All its rows, as CSV or newline-delimited JSON',
  explanation: 'To standard output, or to a file that does not exist yet.',
  arguments: ID,
  options: [
    PART_OPTION,
    ['--format <format>', 'csv or ndjson (default)'],
    ['--output <file>', 'write to this file'],
  ],
  example: `samspill inspect export ${EXAMPLE_ID} --format csv --output contacts.csv`,
  run: async (cli, options, [id = '']) => {
    const query = partQuery(options);
    query.set('format', options.oneOf('format', FORMATS) ?? 'ndjson');
    const file = options.text('output');
    options.done();
    const service = await find(cli, id);
    const rows = await service.download(`inspections/${id}/export?${query.toString()}`);
    await saveDownload(cli, rows, file);
    return EXIT.done;
  },
};

const dropping: CommandSpecification = {
  name: 'drop',
  summary: 'Drop an inspection before it expires',
  arguments: ID,
  example: `samspill inspect drop ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    options.done();
    const service = await find(cli, id);
    const answer = await service.call('DELETE', `inspections/${id}`, operationAnswer);
    show(cli, [`${id} is being dropped.`], answer.raw);
    return EXIT.done;
  },
};

function partQuery(options: OptionReader): URLSearchParams {
  const projection = options.text('projection');
  return new URLSearchParams(projection === undefined ? {} : { projection });
}

async function find(cli: Cli, id: string): Promise<ServiceClient> {
  const { service } = await cli.services.knowing(
    (one) => one.call('GET', `inspections/${encodeURIComponent(id)}`, operationAnswer),
    `No service has an inspection ${id}; samspill inspect list${cli.addressing} shows those that there are.`,
  );
  return service;
}

function isNotByCompany(failure: Stop): boolean {
  return failure instanceof Refused && failure.code === 'operation.company-not-possible';
}
