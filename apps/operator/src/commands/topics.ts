import type { Command } from 'commander';
import { createdTopicsAnswer, topicsAnswer } from '@samspill/platform/answers';
import { byService, show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { topicLines } from '../render/topic-lines.js';
import { command, type CommandContext, type CommandSpecification } from './command.js';

export function topicsCommand(context: CommandContext): Command {
  const topics = command(
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
  return topics.addCommand(command(creating, context));
}

const creating: CommandSpecification = {
  name: 'create',
  summary: 'Make topics that are declared and missing',
  explanation:
    'Each service makes the one that it writes, as the code declares it. Nothing is made where a topic that exists is not as declared, and none that exists is altered.',
  options: [
    ['--service <name>', 'only the topic that this one writes'],
    ['--reason <text>', 'why; required, and kept for ever'],
  ],
  example: 'samspill topics create --reason "a new cluster"',
  run: async (cli, options) => {
    const name = options.text('service');
    const reason = options.required('reason', 'say why; it is kept for ever');
    options.done();
    const answers = await cli.services.askAll(name, (one) =>
      one.call('POST', 'topics', createdTopicsAnswer, { reason }),
    );
    const created = answers.flatMap(({ value }) => value.value.created);
    const made = created.length === 0 ? 'Nothing was missing.' : `Made ${created.join(', ')}.`;
    const others = new Set(answers.flatMap(({ value }) => value.value.missingOfOthers));
    for (const topic of created) others.delete(topic);
    show(cli, [made], byService(answers));
    if (others.size === 0) return EXIT.done;
    cli.terminal.warn(`Still missing, for the services that write them to make: ${[...others].join(', ')}.`);
    return EXIT.found;
  },
};
