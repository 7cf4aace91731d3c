import type { Command } from 'commander';
import {
  parkedOutcomeAnswer,
  parkedPageAnswer,
  parkedRecordAnswer,
  type ParkedAnswer,
  type ParkedOutcomeAnswer,
} from '@samspill/platform/answers';
import { byService, show, type Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import type { OptionReader } from '../option-reader.js';
import { parkedOutcomeText, parkedRecordLines, parkedTable } from '../render/parked-lines.js';
import type { ServiceClient } from '../service-client.js';
import { isUnknown } from '../services.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';

const DEFAULT_LISTED = 100;
/** As many as a service deals with in one call. */
const MAX_AT_ONCE = 500;
/** Of what is to be discarded, so many are shown before asking. */
const SHOWN_BEFORE_ASKING = 10;
const PLACE = /^[A-Za-z0-9._-]+:\d+:\d+$/;
const EXAMPLE_ID = 'samspill.contacts:3:1042';

const WHERE_OPTIONS = [
  ['--service <name>', 'only what this service has set aside'],
  ['--projection <name>', 'only what this projection has set aside'],
] as const;
const IDS = [['[ids...]', 'as `parked list` shows them: topic:partition:offset']] as const;
const ALL_OPTION = ['--all', 'everything that is parked, instead of ids'] as const;

export function parkedCommands(context: CommandContext): Command {
  return commandGroup(
    'parked',
    'Events that projections have set aside because they cannot be applied',
    'samspill parked list',
    [listing, showing, retrying, discarding].map((specification) => command(specification, context)),
  );
}

const listing: CommandSpecification = {
  name: 'list',
  summary: 'What is parked, with its reason',
  options: [...WHERE_OPTIONS, ['--limit <n>', `at most so many of each service (default ${DEFAULT_LISTED})`]],
  example: 'samspill parked list --projection contacts.directory',
  run: async (cli, options) => {
    const where = whereFrom(cli, options);
    const limit = options.wholeNumber('limit', 1) ?? DEFAULT_LISTED;
    if (limit > MAX_AT_ONCE) options.fault(`--limit takes at most ${MAX_AT_ONCE}.`);
    options.done();
    const answers = await cli.services.askAll(where.service, (one) => page(one, where.projection, limit));
    const parked = answers.flatMap(({ value }) => value.value.parked);
    show(cli, parked.length === 0 ? ['Nothing is parked.'] : parkedTable(parked), byService(answers));
    const cut = answers.filter(({ value }) => value.value.next !== undefined);
    if (cut.length > 0)
      cli.terminal.warn(`There are more in ${cut.map(({ service }) => service.service).join(', ')}.`);
    return EXIT.done;
  },
};

const showing: CommandSpecification = {
  name: 'show',
  summary: 'One of them as it is on the log',
  arguments: [['<id>', 'as `parked list` shows it']],
  options: [...WHERE_OPTIONS, ['--data', 'its data as well, which may be personal']],
  example: `samspill parked show ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    const where = whereFrom(cli, options);
    options.done();
    const query = new URLSearchParams({
      ...(where.projection !== undefined && { projection: where.projection }),
      data: String(options.isSet('data')),
    });
    const path = `parked/${encodeURIComponent(id)}?${query.toString()}`;
    const asked = await cli.services.ask(where.service, (one) => one.call('GET', path, parkedRecordAnswer));
    const answers = asked.filter((one) => one.kind === 'answer');
    const failed = asked.find((one) => one.kind === 'failure' && !isUnknown(one.failure));
    if (failed?.kind === 'failure') throw failed.failure;
    if (answers.length === 0) throw notParked([id], cli);
    show(
      cli,
      answers.flatMap(({ value }) => parkedRecordLines(value.value)),
      byService(answers),
    );
    return EXIT.done;
  },
};

const retrying: CommandSpecification = {
  name: 'retry',
  summary: 'Try parked events again with the code of today',
  explanation:
    'In the order of their streams: what is parked of the same streams is tried along with them. Ends with 5 where some are still parked.',
  arguments: IDS,
  options: [ALL_OPTION, ...WHERE_OPTIONS],
  example: `samspill parked retry ${EXAMPLE_ID}\nsamspill parked retry --all --projection contacts.directory`,
  run: async (cli, options, ids) => {
    const selection = selectionFrom(cli, options, ids);
    options.done();
    return await deal(cli, selection, 'retry', {}, 'tried again');
  },
};

const discarding: CommandSpecification = {
  name: 'discard',
  summary: 'Take parked events for not there, now and in every later rebuild',
  explanation:
    'This cannot be taken back. It is written to the log with who did it and why. What they held back in their streams is tried again.',
  arguments: IDS,
  options: [
    ALL_OPTION,
    ...WHERE_OPTIONS,
    ['--reason <text>', 'why; required, and kept for ever'],
    ['--yes', 'do not ask'],
  ],
  example: `samspill parked discard ${EXAMPLE_ID} --reason "sent by a test agent"`,
  run: async (cli, options, ids) => {
    const selection = selectionFrom(cli, options, ids);
    const reason = options.required('reason', 'say why; it is kept for ever');
    const isSure = options.isSet('yes');
    if (cli.isJson && !isSure) options.fault('--json asks nobody: give --yes as well.');
    options.done();
    if (!isSure && !(await agreed(cli, selection))) return EXIT.done;
    return await deal(cli, selection, 'discard', { reason }, 'discarded');
  },
};

interface Where {
  readonly service: string | undefined;
  readonly projection: string | undefined;
}

interface Selection extends Where {
  /** Undefined: all. */
  readonly ids: readonly string[] | undefined;
}

function whereFrom(cli: Cli, options: OptionReader): Where {
  const projection = options.text('projection');
  const service = options.text('service');
  if (service !== undefined && !cli.services.names.includes(service))
    options.fault(`There is no service ${service}; there are ${cli.services.names.join(', ')}.`);
  if (projection === undefined) return { service, projection };
  return { service: service ?? options.serviceOf(projection, cli.services.names), projection };
}

function selectionFrom(cli: Cli, options: OptionReader, words: readonly string[]): Selection {
  const ids = words.filter((word) => !word.startsWith('-'));
  if (ids.length > 0 === options.isSet('all')) options.fault('Say which: ids, or --all.');
  for (const id of ids.filter((word) => !PLACE.test(word)))
    options.fault(`«${id}» is not the id of a parked event, which is topic:partition:offset.`);
  if (ids.length > MAX_AT_ONCE) options.fault(`At most ${MAX_AT_ONCE} ids at once; --all takes any number.`);
  return { ...whereFrom(cli, options), ids: options.isSet('all') ? undefined : [...new Set(ids)] };
}

/** What a service has to do with a selection: ids that it has parked, or all. */
interface Share {
  readonly service: ServiceClient;
  readonly ids: readonly string[] | undefined;
  readonly parked: readonly ParkedAnswer[];
}

/** @throws Stop where any id is parked by no service */
async function sharesOf(cli: Cli, { service, projection, ids }: Selection): Promise<readonly Share[]> {
  if (ids === undefined) {
    const answers = await cli.services.askAll(service, (one) => page(one, projection, SHOWN_BEFORE_ASKING));
    return answers
      .filter(({ value }) => value.value.parked.length > 0)
      .map(({ service: one, value }) => ({ service: one, ids, parked: value.value.parked }));
  }
  const shares = await cli.services.askAll(service, async (one) => {
    const found: { readonly id: string; readonly parked: readonly ParkedAnswer[] }[] = [];
    for (const id of ids) {
      const parked = await parkedAs(one, id, projection);
      if (parked.length > 0) found.push({ id, parked });
    }
    return found;
  });
  const known = new Set(shares.flatMap(({ value }) => value.map(({ id }) => id)));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) throw notParked(missing, cli);
  return shares
    .filter(({ value }) => value.length > 0)
    .map(({ service: one, value }) => ({
      service: one,
      ids: value.map(({ id }) => id),
      parked: value.flatMap(({ parked }) => parked),
    }));
}

async function parkedAs(
  service: ServiceClient,
  id: string,
  projection: string | undefined,
): Promise<readonly ParkedAnswer[]> {
  const query = new URLSearchParams(projection === undefined ? {} : { projection });
  try {
    const path = `parked/${encodeURIComponent(id)}?${query.toString()}`;
    return (await service.call('GET', path, parkedRecordAnswer)).value.parked;
  } catch (error) {
    if (error instanceof Stop && isUnknown(error)) return [];
    throw error;
  }
}

async function agreed(cli: Cli, selection: Selection): Promise<boolean> {
  const parked = (await sharesOf(cli, selection)).flatMap((share) => share.parked);
  if (parked.length === 0) return true;
  cli.terminal.say(parkedTable(parked.slice(0, SHOWN_BEFORE_ASKING)).join('\n'));
  const what = selection.ids === undefined ? 'these and all others that are parked' : 'these';
  const answer = await cli.terminal.ask(`Discard ${what}, for ever?`);
  if (answer === undefined) throw new Stop(EXIT.usage, 'There is nobody to ask: give --yes.');
  if (!answer) cli.terminal.say('Nothing was discarded.');
  return answer;
}

/** Has every service that is concerned do it, page by page where all is meant. */
async function deal(
  cli: Cli,
  selection: Selection,
  verb: 'retry' | 'discard',
  more: Readonly<Record<string, string>>,
  done: string,
): Promise<ExitCode> {
  const total = { selected: 0, tried: 0, stillParked: 0 };
  const raw: Record<string, unknown[]> = {};
  for (const { service, ids } of await sharesOf(cli, selection)) {
    const { projection } = selection;
    const answers: unknown[] = [];
    let after: string | undefined;
    do {
      const which = ids === undefined ? { all: true, ...(after !== undefined && { after }) } : { ids };
      const body = { ...which, ...more, ...(projection !== undefined && { projection }) };
      const answer = await service.call('POST', `parked/${verb}`, parkedOutcomeAnswer, body);
      add(total, answer.value);
      answers.push(answer.raw);
      after = answer.value.next;
    } while (after !== undefined);
    raw[service.service] = answers;
  }
  show(cli, [total.selected === 0 ? 'Nothing is parked.' : `${parkedOutcomeText(done, total)}.`], raw);
  return verb === 'retry' && total.stillParked > 0 ? EXIT.found : EXIT.done;
}

function add(
  total: { selected: number; tried: number; stillParked: number },
  { selected, tried, stillParked }: ParkedOutcomeAnswer,
): void {
  total.selected += selected;
  total.tried += tried;
  total.stillParked += stillParked;
}

async function page(service: ServiceClient, projection: string | undefined, limit: number) {
  const query = new URLSearchParams({
    ...(projection !== undefined && { projection }),
    limit: String(limit),
  });
  return await service.call('GET', `parked?${query.toString()}`, parkedPageAnswer);
}

function notParked(ids: readonly string[], cli: Cli): Stop {
  return new Stop(
    EXIT.refused,
    `Not parked: ${ids.join(', ')}. Nothing was done; samspill parked list${cli.addressing} shows what is.`,
  );
}
