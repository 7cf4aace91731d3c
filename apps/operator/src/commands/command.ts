import { Command } from 'commander';
import type { Cli } from '../cli.js';
import type { ExitCode } from '../exit-codes.js';
import { OptionReader } from '../option-reader.js';

/** Makes what a command works with, from its options. */
export type MakeCli = (options: OptionReader) => Cli;
/** Takes what a command ends with. */
export type Ended = (exit: ExitCode) => void;

export interface CommandContext {
  readonly makeCli: MakeCli;
  readonly ended: Ended;
}

export interface CommandSpecification {
  readonly name: string;
  readonly summary: string;
  /** As it is written in help: `<id>`, `[ids...]`. */
  readonly arguments?: readonly (readonly [name: string, description: string])[];
  /** `repeated`: may be given several times. */
  readonly options?: readonly (readonly [flags: string, description: string, how?: 'repeated'])[];
  readonly example: string;
  /** More than the summary says, as paragraphs. */
  readonly explanation?: string;
  readonly run: (cli: Cli, options: OptionReader, words: readonly string[]) => Promise<ExitCode>;
}

/** A command whose faults are all said at once, by the {@link OptionReader} that it is given. */
export function command(specification: CommandSpecification, { makeCli, ended }: CommandContext): Command {
  const made = new Command(specification.name)
    .summary(specification.summary)
    .description([specification.summary, specification.explanation ?? ''].join('\n\n').trim())
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', `\nExample:\n  ${specification.example.replaceAll('\n', '\n  ')}`);
  for (const [name, description] of specification.arguments ?? []) made.argument(name, description);
  for (const [flags, description, how] of specification.options ?? []) {
    if (how === 'repeated') made.option(flags, description, gather, []);
    else made.option(flags, description);
  }
  return made.action(async () => {
    const options = new OptionReader(made);
    ended(await specification.run(makeCli(options), options, made.args));
  });
}

/** Commands that belong together: `samspill rebuild …`. */
export function commandGroup(
  name: string,
  summary: string,
  example: string,
  commands: readonly Command[],
): Command {
  const group = new Command(name)
    .summary(summary)
    .description(summary)
    .addHelpText('after', `\nExample:\n  ${example}`);
  for (const one of commands) group.addCommand(one);
  return group;
}

/** Of an option that may be given several times. */
function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
