import type { Command } from 'commander';
import { topicsAnswer } from '@samspill/platform/answers';
import { byService, show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { topicLines } from '../render/topic-lines.js';
import { command, type CommandContext } from './command.js';

export function topicsCommand(context: CommandContext): Command {
  return command(
    {
      name: 'topics',
      summary: 'The topics: partitions, how they are kept, what is not as the code declares it',
      explanation:
        'Looks, and changes nothing: partitions are never added to a topic, since keys would move and lose their order. Ends with 5 where a topic is not as declared.',
      options: [['--service <name>', 'only those that this one needs']],
      example: 'samspill topics',
      run: async (cli, options) => {
        const service = options.text('service');
        options.done();
        const answers = await cli.services.askAll(service, (one) => one.call('GET', 'topics', topicsAnswer));
        const topics = answers.flatMap((answer) =>
          answer.value.value.topics.map((topic) => ({ service: answer.service.service, topic })),
        );
        show(cli, topicLines(topics), byService(answers));
        return topics.every(({ topic }) => topic.faults.length === 0) ? EXIT.done : EXIT.found;
      },
    },
    context,
  );
}
