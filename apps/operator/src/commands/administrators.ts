import type { Command } from 'commander';
import { show } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { givenRoles, mailLine, registeredUser, userForm, USER_OPTIONS } from './registered-user.js';

export function administratorsCommands(context: CommandContext): Command {
  return commandGroup('administrators', 'Who administers a company that nobody administers', adding.example, [
    command(adding, context),
  ]);
}

const adding: CommandSpecification = {
  name: 'add',
  summary: 'Give a company its administrator, where nobody administers it; registers them where they are not',
  explanation:
    'For a company that was registered while nobody had to sign in, or whose last administrator has been forgotten. Refused where somebody administers it: whoever does gives others their roles. Who asked and why is on the log.',
  options: [
    ['--company <id>', 'the company'],
    ...USER_OPTIONS,
    ['--reason <text>', 'why; required, and kept for ever'],
  ],
  example:
    'samspill administrators add --company 0193b5c0-7a10-7000-8000-00000000cafe --email anna@example.com --first-name Anna --last-name Alm --reason "asked by letter"',
  run: async (cli, options) => {
    const company = options.required('company', 'the id that it is registered by');
    const form = userForm(options);
    const reason = options.required('reason', 'say why; it is kept for ever');
    options.done();
    const identity = cli.services.one('identity');
    const user = await registeredUser(identity, form);
    const path = `companies/${encodeURIComponent(company)}/first-administrator`;
    const { raw } = await identity.ofPlatform('PUT', path, givenRoles, { user: user.id, reason });
    const line = `${user.email} administers the company now (user ${user.id}).`;
    show(cli, [line, ...mailLine(user)], raw);
    return EXIT.done;
  },
};
