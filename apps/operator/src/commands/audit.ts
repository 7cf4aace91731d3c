import type { Command } from 'commander';
import { auditAnswer } from '@samspill/platform/answers';
import { byService, show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { auditTable } from '../render/audit-lines.js';
import { command, type CommandContext } from './command.js';

const DEFAULT_LISTED = 100;
/** As many as a service tells in one answer. */
const MAX_LISTED = 500;

export function auditCommand(context: CommandContext): Command {
  return command(
    {
      name: 'audit',
      summary: 'Who did what to the services, why, and what came of it',
      explanation:
        'It is on the log, so that it comes back with a lost database. Newest first. What a service does by itself is in its log lines instead.',
      options: [
        ['--service <name>', 'only what was done to this one'],
        ['--since <time>', 'what happened at this RFC 3339 time or later'],
        ['--until <time>', 'what happened before this RFC 3339 time'],
        ['--actor <actor>', 'only what this one did, e.g. user:kari'],
        [
          '--kind <kind>',
          'only this: rebuild, inspection, parked-retry, parked-discard, reactor, redelivery, keys-rotation, …',
        ],
        ['--operation <id>', 'only what belongs to this operation'],
        ['--limit <n>', `at most so many of each service (default ${DEFAULT_LISTED})`],
      ],
      example: 'samspill audit --since 2026-03-01T00:00:00Z --actor user:kari',
      run: async (cli, options) => {
        const service = options.text('service');
        const [since, until] = [options.time('since'), options.time('until')];
        const [actor, kind, operation] = ['actor', 'kind', 'operation'].map((name) => options.text(name));
        const limit = options.wholeNumber('limit', 1) ?? DEFAULT_LISTED;
        if (limit > MAX_LISTED) options.fault(`--limit takes at most ${MAX_LISTED}.`);
        options.done();
        const query = new URLSearchParams({ limit: String(limit) });
        for (const [name, value] of Object.entries({ since, until, actor, kind, operation }))
          if (value !== undefined) query.set(name, value);
        const answers = await cli.services.askAll(service, (one) =>
          one.call('GET', `audit?${query.toString()}`, auditAnswer),
        );
        const entries = answers
          .flatMap(({ service: one, value }) =>
            value.value.entries.map((entry) => ({ service: one.service, entry })),
          )
          .toSorted((a, b) => (a.entry.at < b.entry.at ? 1 : -1));
        show(cli, entries.length === 0 ? ['Nothing is on record.'] : auditTable(entries), byService(answers));
        const cut = answers.filter(({ value }) => value.value.next !== undefined);
        if (cut.length > 0)
          cli.terminal.warn(
            `There are more in ${cut.map(({ service: one }) => one.service).join(', ')}: go back further with --until.`,
          );
        return EXIT.done;
      },
    },
    context,
  );
}
