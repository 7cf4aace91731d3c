import { spawn, type ChildProcess } from 'node:child_process';

import { waitFor } from '../wait-for.js';

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command of ours, such as `samspill`, as a person or a script runs it. */
export class CommandLine {
  /**
   * @param program path of its JavaScript file
   * @param environment what it is told, asked for at each run: services that are started again are somewhere else
   */
  constructor(
    private readonly program: string,
    private readonly environment: () => Readonly<Record<string, string>>,
  ) {}

  async run(...args: readonly string[]): Promise<CommandEnd> {
    return await this.start(...args).ended;
  }

  /** What a command answers with `--json`. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { code, out, err } = await this.run(...args, '--json');
    if (out === '') throw new Error(`${args.join(' ')} ended with ${String(code)}: ${err}`);
    return JSON.parse(out);
  }

  start(...args: readonly string[]): RunningCommand {
    const child = spawn(process.execPath, [this.program, ...args], {
      env: { PATH: process.env['PATH'], ...this.environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningCommand(child);
  }
}

export class RunningCommand {
  readonly ended: Promise<CommandEnd>;
  #out = '';
  #err = '';

  constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#err += text));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, out: this.#out, err: this.#err }));
    });
  }

  /** Waits until it has written what matches; returns its first group. */
  async said(pattern: RegExp): Promise<string> {
    const found = await waitFor(() => pattern.exec(this.#out), {
      describe: `the command to say ${pattern.source}`,
    });
    return found[1] ?? '';
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }
}
