import type { Command } from 'commander';
import { releaseAnswer, revertAnswer, revertsAnswer } from '@samspill/platform/answers';
import { isCompanyId } from '@samspill/kernel';
import { byService, show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { revertLines, revertTable } from '../render/revert-lines.js';
import { Refused } from '../service-client.js';
import { watchRevert } from '../watch-revert.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { serviceFrom } from './revert-selection.js';
import { exitOfRevert, findRevert, revertPlanCommand, revertStartCommand } from './revert-start.js';
import { saveDownload } from './save-download.js';

const ID = [['<id>', 'as `revert list` shows it']] as const;
const EXAMPLE_ID = '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11';
const EXAMPLE_COMPANY = '7f2c1c1e-54b1-4a6b-9d58-0a3b7a0f4a11';
const FORMATS = ['csv', 'ndjson'] as const;

export function revertCommands(context: CommandContext): Command {
  return commandGroup(
    'revert',
    'Put the records of a company back as they were, after a bad import for instance',
    `samspill revert plan --import ${EXAMPLE_ID}`,
    [
      revertPlanCommand(context),
      revertStartCommand(context),
      ...[watching, listing, itemising, pausing, resuming, cancelling, releasing].map((specification) =>
        command(specification, context),
      ),
    ],
  );
}

const watching: CommandSpecification = {
  name: 'watch',
  summary: 'Follow a revert until it ends or waits for a person',
  arguments: ID,
  example: `samspill revert watch ${EXAMPLE_ID}`,
  run: async (cli, options, [id = '']) => {
    options.done();
    const { service } = await findRevert(cli, id);
    const answer = await watchRevert(cli, service, id);
    show(cli, revertLines(service.service, answer.value), answer.raw);
    return exitOfRevert(cli, answer.value);
  },
};

const listing: CommandSpecification = {
  name: 'list',
  summary: 'Reverts and plans, newest first',
  options: [['--service <name>', 'only of this one']],
  example: 'samspill revert list',
  run: async (cli, options) => {
    const service = serviceFrom(options, cli.services.names);
    options.done();
    const answers = await cli.services.askAll(service, (one) => one.call('GET', 'reverts', revertsAnswer));
    const reverts = answers
      .flatMap(({ service: one, value }) =>
        value.value.reverts.map((revert) => ({ service: one.service, revert })),
      )
      .toSorted((a, b) => (a.revert.createdAt < b.revert.createdAt ? 1 : -1));
    show(cli, revertTable(reverts), byService(answers));
    return EXIT.done;
  },
};

const itemising: CommandSpecification = {
  name: 'items',
  summary: 'The whole of a plan, stream by stream, and what has become of it',
  explanation:
    'To standard output, or to a file that does not exist yet. Names of streams, never what they hold.',
  arguments: ID,
  options: [
    ['--format <format>', 'csv or ndjson (default)'],
    ['--output <file>', 'write to this file'],
  ],
  example: `samspill revert items ${EXAMPLE_ID} --format csv --output plan.csv`,
  run: async (cli, options, [id = '']) => {
    const format = options.oneOf('format', FORMATS) ?? 'ndjson';
    const file = options.text('output');
    options.done();
    const { service } = await findRevert(cli, id);
    await saveDownload(cli, await service.download(`reverts/${id}/items?format=${format}`), file);
    return EXIT.done;
  },
};

const pausing = asking('pause', 'Stop for now; the intake stays held', 'will pause after the page at hand');
const resuming = asking('resume', 'Go on after a pause', 'goes on');
const cancelling = asking(
  'cancel',
  'Give a plan or a revert up: what has been put back stays so, and the intake stays held',
  'is given up; what it has put back stays so',
);

const releasing: CommandSpecification = {
  name: 'release',
  summary: 'Let a company’s business system speak again after a revert',
  explanation:
    'First see to it that the business system has the right records: what it sends, or the next full import, is taken for right.',
  options: [
    ['--company <id>', 'whose intake is held'],
    ['--reason <text>', 'why; required, and kept for ever'],
    ['--service <name>', 'only in this service'],
  ],
  example: `samspill revert release --company ${EXAMPLE_COMPANY} --reason "the ERP was put right"`,
  run: async (cli, options) => {
    const company = options.required('company', 'whose intake is held');
    if (company !== '' && !isCompanyId(company))
      options.fault(`--company takes a company's id, a UUID in lower case, not «${company}».`);
    const reason = options.required('reason', 'say why; it is kept for ever');
    const service = serviceFrom(options, cli.services.names);
    options.done();
    const asked = await cli.services.ask(service, (one) =>
      one.call('POST', 'reverts/release', releaseAnswer, { company, reason }),
    );
    const failed = asked.filter((one) => one.kind === 'failure');
    const serious = failed.find(({ failure }) => !isNotHeld(failure));
    if (serious) throw serious.failure;
    const released = asked.filter((one) => one.kind === 'answer');
    const [first] = failed;
    if (released.length === 0 && first) throw first.failure;
    const lines = released.map(
      ({ service: one, value }) =>
        `${one.service} takes in records of the company again; it was held since ${value.value.since}.`,
    );
    show(cli, lines, byService(released));
    return EXIT.done;
  },
};

function isNotHeld(failure: unknown): boolean {
  return (
    failure instanceof Refused && ['revert.hold-not-found', 'revert.not-possible'].includes(failure.code)
  );
}

/** A command that asks something of a revert and is done with that. */
function asking(name: string, summary: string, outcome: string): CommandSpecification {
  return {
    name,
    summary,
    arguments: ID,
    example: `samspill revert ${name} ${EXAMPLE_ID}`,
    run: async (cli, options, [id = '']) => {
      options.done();
      const { service } = await findRevert(cli, id);
      const answer = await service.call('POST', `reverts/${id}/${name}`, revertAnswer);
      show(cli, [`${id} ${outcome}.`], answer.raw);
      return EXIT.done;
    },
  };
}
