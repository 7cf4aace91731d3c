import type { Command } from 'commander';
import { statusAnswer } from '@samspill/platform/answers';
import { show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { needsAttention, statusLines } from '../render/status-lines.js';
import { command, type CommandContext } from './command.js';

export function statusCommand(context: CommandContext): Command {
  return command(
    {
      name: 'status',
      summary: 'How every service stands',
      explanation:
        'Writing, publishing, projections with live generation, size, lag and parked events, unpublished events, running operations. Ends with 5 where something needs a person, with 3 where a service does not answer.',
      options: [
        ['--service <name>', 'only this one'],
        ['--verify', 'count and hash all rows of every projection, which reads each of them'],
      ],
      example: 'samspill status',
      run: async (cli, options) => {
        const service = options.text('service');
        const path = options.isSet('verify') ? 'status?verify=true' : 'status';
        options.done();
        const asked = await cli.services.ask(service, (one) => one.call('GET', path, statusAnswer));
        const lines = asked.flatMap((one) =>
          one.kind === 'answer'
            ? [...statusLines(one.service.service, one.service.address.url, one.value.value), '']
            : [`${one.service.service}  ${one.service.address.url}`, `  ${one.failure.message}`, ''],
        );
        const raw = asked.map((one) => [
          one.service.service,
          one.kind === 'answer' ? one.value.raw : { unreachable: one.failure.message },
        ]);
        show(cli, lines.slice(0, -1), Object.fromEntries(raw));
        const failed = asked.find((one) => one.kind === 'failure');
        if (failed?.kind === 'failure') return failed.failure.exitCode;
        const isFine = asked.every((one) => one.kind === 'answer' && !needsAttention(one.value.value));
        return isFine ? EXIT.done : EXIT.found;
      },
    },
    context,
  );
}
