import type { Command } from 'commander';
import { z } from 'zod';
import { show } from '../cli.js';
import { EXIT, Stop } from '../exit-codes.js';
import type { ServiceClient } from '../service-client.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { givenRoles, mailLine, registeredUser, userForm, USER_OPTIONS } from './registered-user.js';

const LEVELS = ['user', 'admin'] as const;

const users = z.object({ users: z.array(z.object({ id: z.string(), email: z.string() })) });

export function operatorsCommands(context: CommandContext): Command {
  return commandGroup('operators', 'Who looks after the services', adding.example, [
    command(adding, context),
    command(removing, context),
  ]);
}

const adding: CommandSpecification = {
  name: 'add',
  summary: 'Let somebody look after the services; registers them where they are not',
  explanation:
    'The first one on an empty system is made with the break-glass credential in SAMSPILL_OPERATOR_TOKEN. Whoever is new gets a mail with a link to set a password. Somebody who has the address already gets the role and stays as they are.',
  options: [...USER_OPTIONS, ['--level <level>', 'admin may change things, user may look (default admin)']],
  example: 'samspill operators add --email kari@example.com --first-name Kari --last-name Nordmann',
  run: async (cli, options) => {
    const form = userForm(options);
    const level = options.oneOf('level', LEVELS) ?? 'admin';
    options.done();
    const identity = cli.services.one('identity');
    const user = await registeredUser(identity, form);
    const { raw } = await identity.ofPlatform('PUT', `operators/${user.id}`, givenRoles, { level });
    const line = `${user.email} looks after the services now, at level ${level} (user ${user.id}).`;
    show(cli, [line, ...mailLine(user)], raw);
    return EXIT.done;
  },
};

const removing: CommandSpecification = {
  name: 'remove',
  summary: 'Somebody does not look after the services any more',
  explanation: 'Acts at once. They stay registered, and keep their roles for companies.',
  arguments: [['<user>', 'their e-mail address, or id']],
  example: 'samspill operators remove kari@example.com',
  run: async (cli, options, [who = '']) => {
    options.done();
    const identity = cli.services.one('identity');
    const id = who.includes('@') ? await idOf(identity, who) : who;
    const { raw } = await identity.ofPlatform('DELETE', `operators/${encodeURIComponent(id)}`, givenRoles);
    show(cli, [`${who} does not look after the services any more.`], raw);
    return EXIT.done;
  },
};

async function idOf(identity: ServiceClient, email: string): Promise<string> {
  const { value } = await identity.ofPlatform('GET', `users?q=${encodeURIComponent(email)}`, users);
  const found = value.users.find((one) => one.email.toLowerCase() === email.toLowerCase());
  if (found) return found.id;
  throw new Stop(EXIT.refused, `Nobody is registered with the address ${email}.`);
}
