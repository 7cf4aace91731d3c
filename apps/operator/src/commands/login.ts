import type { Command } from 'commander';
import { EXIT } from '../exit-codes.js';
import type { SignIn } from '../sign-in/kept-sign-ins.js';
import { SignInProvider } from '../sign-in/provider.js';
import { command, type CommandContext } from './command.js';

export function loginCommand(context: CommandContext): Command {
  return command(
    {
      name: 'login',
      summary: 'Sign in, so that services know who asks',
      explanation:
        'Prints an address and a code: open it in a browser, on any machine, sign in there and confirm the code. The tokens are kept in a file of yours that nobody else may read, are shown to these services only, and are made new while you go on using them. SAMSPILL_OPERATOR_TOKEN goes before them.',
      example: 'samspill login --url https://samspill.example.com',
      run: async (cli, options) => {
        options.done();
        const { terminal, services, kept } = cli;
        const provider = await SignInProvider.at(services.one('identity').address.url);
        const begun = await provider.begin();
        terminal.say(`Open ${begun.address}`);
        terminal.say(
          `and confirm the code ${begun.code}. It can be used until ${begun.endsAt.toLocaleTimeString()}.`,
        );
        const interruption = new AbortController();
        const endListening = terminal.onInterrupt(() => {
          interruption.abort();
        });
        try {
          const { email, ...tokens } = await begun.confirmed(interruption.signal);
          const { issuer } = provider;
          const signIn = { issuer, services: [...services.urls], ...tokens };
          await kept.change((signIns) => ({ signIns: withSignIn(signIns, signIn), result: undefined }));
          terminal.say(`Signed in${email === undefined ? '' : ` as ${email}`}.`);
          return EXIT.done;
        } finally {
          endListening();
        }
      },
    },
    context,
  );
}

/** One for an installation, and an address is of one installation at a time. */
function withSignIn(signIns: readonly SignIn[], added: SignIn): readonly SignIn[] {
  const others = signIns
    .filter(({ issuer }) => issuer !== added.issuer)
    .map((one) => ({ ...one, services: one.services.filter((url) => !added.services.includes(url)) }));
  return [...others, added];
}
