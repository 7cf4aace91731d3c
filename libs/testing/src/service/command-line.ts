import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { waitFor } from '@samspill/testing';

const SAMSPILL = join(import.meta.dirname, '../../bin/samspill.mjs');

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `samspill` as a person or a script runs it, against the services of a test. */
export class CommandLine {
  /** @param urls value of SAMSPILL_OPERATOR_URLS */
  constructor(private readonly urls: string) {}

  async run(...args: readonly string[]): Promise<CommandEnd> {
    return await this.start(...args).ended;
  }

  /** What a command answers with `--json`. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { code, out, err } = await this.run(...args, '--json');
    if (out === '') throw new Error(`samspill ${args.join(' ')} ended with ${String(code)}: ${err}`);
    return JSON.parse(out);
  }

  start(...args: readonly string[]): RunningCommand {
    const child = spawn(process.execPath, [SAMSPILL, ...args], {
      env: { PATH: process.env['PATH'], SAMSPILL_OPERATOR_URLS: this.urls },
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
      describe: `samspill to say ${pattern.source}`,
    });
    return found[1] ?? '';
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }
}
