import { Command, CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { administratorsCommands } from './commands/administrators.js';
import { auditCommand } from './commands/audit.js';
import type { CommandContext } from './commands/command.js';
import { inspectCommands } from './commands/inspect.js';
import { keysCommands } from './commands/keys.js';
import { logCommands } from './commands/log.js';
import { loginCommand } from './commands/login.js';
import { logoutCommand } from './commands/logout.js';
import { operatorsCommands } from './commands/operators.js';
import { parkedCommands } from './commands/parked.js';
import { reactorsCommands } from './commands/reactors.js';
import { redeliverCommand } from './commands/redeliver.js';
import { personCommands } from './commands/person.js';
import { rebuildCommands } from './commands/rebuild.js';
import { revertCommands } from './commands/revert.js';
import { republishCommand } from './commands/republish.js';
import { statusCommand } from './commands/status.js';
import { topicsCommand } from './commands/topics.js';
import { verifyCommand } from './commands/verify.js';
import { EXIT, EXIT_CODES_HELP, Stop, type ExitCode } from './exit-codes.js';
import type { OptionReader } from './option-reader.js';
import { DEFAULT_URL, serviceAddresses, TOKEN_VARIABLE, URLS_VARIABLE } from './service-addresses.js';
import { Services } from './services.js';
import { configFolder } from './sign-in/config-folder.js';
import { givenToken, KeptCredentials } from './sign-in/credentials.js';
import { KeptSignIns } from './sign-in/kept-sign-ins.js';
import type { Terminal } from './terminal.js';

/** Runs one command line; whatever happens is said on the terminal and in the exit code. */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const context: CommandContext = {
    makeCli: (options) => cliFrom(options, terminal, env),
    ended: (code) => (exit = code),
  };
  const program = programOf(context, terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof Stop) {
      terminal.warn(error.message);
      return error.exitCode;
    }
    // Its message has been printed; 0 where somebody asked for help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw error;
  }
}

function programOf(context: CommandContext, terminal: Terminal): Command {
  const program = new Command('samspill')
    .description(
      "Samspill's operations: see how services stand, build rows anew from the log, put records back as they were, deal with parked events, look after keys.",
    )
    .option('--url <address>', `where all services are (default ${DEFAULT_URL}, which is npm start)`)
    .option('--json', 'print what services answer, as it is; several answers by service')
    .addHelpText(
      'after',
      `
Environment:
  ${URLS_VARIABLE}   where each service is: contacts=http://contacts:8080,identity=http://identity:8080
  ${TOKEN_VARIABLE}           access token of an operator, or the break-glass credential; without it that of samspill login
${EXIT_CODES_HELP}

Example:
  samspill status`,
    );
  const commands = [
    statusCommand,
    rebuildCommands,
    inspectCommands,
    revertCommands,
    parkedCommands,
    reactorsCommands,
    redeliverCommand,
    personCommands,
    topicsCommand,
    auditCommand,
    logCommands,
    keysCommands,
    republishCommand,
    verifyCommand,
    operatorsCommands,
    administratorsCommands,
    loginCommand,
    logoutCommand,
  ];
  for (const one of commands) program.addCommand(one(context));
  for (const one of allCommands(program)) {
    one
      .exitOverride()
      .configureHelp({ showGlobalOptions: true })
      .configureOutput({
        writeOut: (text) => terminal.say(text.trimEnd()),
        writeErr: (text) => terminal.warn(text.trimEnd()),
      })
      .showHelpAfterError(`See ${pathOf(one)} --help.`);
  }
  return program;
}

function allCommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap((one) => allCommands(one))];
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** @throws Stop where the addresses cannot be understood */
function cliFrom(
  options: OptionReader,
  terminal: Terminal,
  env: Readonly<Record<string, string | undefined>>,
): Cli {
  const url = options.text('url');
  const token = env[TOKEN_VARIABLE]?.trim() ?? '';
  const addressing = url === undefined ? '' : ` --url ${url}`;
  const kept = new KeptSignIns(configFolder(env));
  const credentials = token === '' ? new KeptCredentials(kept, addressing) : givenToken(token);
  return {
    terminal,
    services: new Services(serviceAddresses(url, env[URLS_VARIABLE]), credentials),
    kept,
    isJson: options.isSet('json'),
    addressing,
  };
}
