import type { Command } from 'commander';
import { EXIT, Stop } from '../exit-codes.js';
import { SignInProvider } from '../sign-in/provider.js';
import { command, type CommandContext } from './command.js';

export function logoutCommand(context: CommandContext): Command {
  return command(
    {
      name: 'logout',
      summary: 'Sign out: end the tokens of samspill login, here and at the provider',
      example: 'samspill logout',
      run: async (cli, options) => {
        options.done();
        const { terminal, services, kept } = cli;
        const ended = await kept.change((signIns) => {
          const there = signIns.filter((one) => one.services.some((url) => services.urls.includes(url)));
          return { signIns: signIns.filter((one) => !there.includes(one)), result: there };
        });
        if (ended.length === 0) terminal.say('You were not signed in there.');
        for (const { issuer, refreshToken } of ended) {
          const failure = await ending(issuer, refreshToken);
          if (failure === undefined) terminal.say(`Signed out of ${issuer}.`);
          else
            terminal.warn(
              `Signed out of ${issuer} here, but not there: ${failure} End the session on the page of your user.`,
            );
        }
        return EXIT.done;
      },
    },
    context,
  );
}

/** @returns what went wrong; whoever signs out is signed out here all the same */
async function ending(issuer: string, refreshToken: string): Promise<string | undefined> {
  try {
    await (await SignInProvider.of(issuer)).revoke(refreshToken);
    return undefined;
  } catch (error) {
    if (error instanceof Stop) return error.message;
    throw error;
  }
}
