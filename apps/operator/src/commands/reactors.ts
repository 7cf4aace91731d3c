import type { Command } from 'commander';
import { reactorsAnswer, retriedAnswer, undeliveredAnswer } from '@samspill/platform/answers';
import { z } from 'zod';
import { byService, show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { count } from '../render/quantities.js';
import { reactorReasons, reactorTable, undeliveredTable } from '../render/reactor-lines.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { reactorPath, serviceNameOf, serviceOf } from './reactor-options.js';

const DEFAULT_LISTED = 100;
/** As many as a service deals with in one call. */
const MAX_AT_ONCE = 500;
const NAME = [['<reactor>', 'as `reactors list` shows it']] as const;
const EXAMPLE = 'crm.send-customer';

export function reactorsCommands(context: CommandContext): Command {
  return commandGroup(
    'reactors',
    'What services do outside because of events',
    'samspill reactors list',
    [listing, holdOrRelease('hold'), holdOrRelease('release'), undelivered, retrying].map((specification) =>
      command(specification, context),
    ),
  );
}

const listing: CommandSpecification = {
  name: 'list',
  summary: 'How each stands: running, held, waiting for what until when, failing',
  explanation: 'Ends with 5 where one is held or failing, or something was refused.',
  options: [['--service <name>', 'only those of this service']],
  example: 'samspill reactors list',
  run: async (cli, options) => {
    const service = options.text('service');
    options.done();
    const answers = await cli.services.askAll(service, (one) => one.call('GET', 'reactors', reactorsAnswer));
    const reactors = answers.flatMap(({ value }) => value.value.reactors);
    const lines = [...reactorTable(reactors), ...reactorReasons(reactors)];
    show(cli, reactors.length === 0 ? ['There are no reactors.'] : lines, byService(answers));
    const isFine = reactors.every(
      ({ state, refused }) => state !== 'held' && state !== 'failing' && refused === 0,
    );
    return isFine ? EXIT.done : EXIT.found;
  },
};

function holdOrRelease(verb: 'hold' | 'release'): CommandSpecification {
  const isHold = verb === 'hold';
  return {
    name: verb,
    summary: isHold ? 'Deliver nothing more until it is released' : 'Let a held reactor deliver again',
    explanation: isHold
      ? 'What happens is taken in meanwhile. Who held it and why is on the log.'
      : 'After a restore of its database, what may have been sent before is asked about first. Who released it and why is on the log.',
    arguments: NAME,
    options: [['--reason <text>', 'why; required, and kept for ever']],
    example: `samspill reactors ${verb} ${EXAMPLE} --reason "${isHold ? 'the CRM is being moved' : 'the CRM has been checked'}"`,
    run: async (cli, options, [reactor = '']) => {
      const service = serviceNameOf(reactor, cli, options);
      const reason = options.required('reason', 'say why; it is kept for ever');
      options.done();
      const path = reactorPath(reactor, verb);
      await serviceOf(service, cli).call('POST', path, z.undefined(), { reason });
      const done = isHold
        ? `${reactor} is held: samspill reactors release${cli.addressing} ${reactor} lets it go.`
        : `${reactor} delivers again.`;
      show(cli, [done], { [service]: { [verb]: reactor } });
      return EXIT.done;
    },
  };
}

const undelivered: CommandSpecification = {
  name: 'undelivered',
  summary: 'What the other side has refused, with its words and ours',
  explanation: 'Ends with 5 where there is any.',
  arguments: NAME,
  options: [
    ['--company <id>', 'only deliveries of this company'],
    ['--limit <n>', `at most so many (default ${DEFAULT_LISTED})`],
  ],
  example: `samspill reactors undelivered ${EXAMPLE}`,
  run: async (cli, options, [reactor = '']) => {
    const service = serviceNameOf(reactor, cli, options);
    const company = options.text('company');
    const limit = options.wholeNumber('limit', 1) ?? DEFAULT_LISTED;
    if (limit > MAX_AT_ONCE) options.fault(`--limit takes at most ${MAX_AT_ONCE}.`);
    options.done();
    const query = new URLSearchParams({ limit: String(limit), ...(company !== undefined && { company }) });
    const path = reactorPath(reactor, `undelivered?${query.toString()}`);
    const answer = await serviceOf(service, cli).call('GET', path, undeliveredAnswer);
    const { deliveries, next } = answer.value;
    const lines = deliveries.length === 0 ? ['Nothing was refused.'] : undeliveredTable(deliveries);
    show(cli, lines, { [service]: answer.raw });
    if (next !== undefined) cli.terminal.warn('There are more.');
    return deliveries.length === 0 ? EXIT.done : EXIT.found;
  },
};

const retrying: CommandSpecification = {
  name: 'retry',
  summary: 'Try again what was refused: some things, or all',
  arguments: [...NAME, ['[things...]', 'as `reactors undelivered` shows them']],
  options: [['--all', 'everything that was refused, instead of things']],
  example: `samspill reactors retry ${EXAMPLE} customer/0198…/10001\nsamspill reactors retry ${EXAMPLE} --all`,
  run: async (cli, options, [reactor = '', ...words]) => {
    const service = serviceNameOf(reactor, cli, options);
    const things = words.filter((word) => !word.startsWith('-'));
    if (things.length > 0 === options.isSet('all')) options.fault('Say which: things, or --all.');
    if (things.length > MAX_AT_ONCE)
      options.fault(`At most ${MAX_AT_ONCE} things at once; --all takes any number.`);
    options.done();
    const client = serviceOf(service, cli);
    const raw: unknown[] = [];
    let tried = 0;
    let after: string | undefined;
    do {
      const which = options.isSet('all') ? { all: true, ...(after !== undefined && { after }) } : { things };
      const answer = await client.call('POST', reactorPath(reactor, 'retry'), retriedAnswer, which);
      tried += answer.value.tried;
      raw.push(answer.raw);
      after = answer.value.next;
    } while (after !== undefined);
    show(cli, [`${count(tried)} tried again; samspill reactors undelivered shows what is refused again.`], {
      [service]: raw,
    });
    return EXIT.done;
  },
};
