import { createInterface } from 'node:readline/promises';

/** Where a command writes, and whom it asks. */
export interface Terminal {
  /** Whether a person looks on, so that a line may be written over. */
  readonly isInteractive: boolean;
  /** Characters of a line; what is longer would wrap and could not be written over. */
  readonly columns: number;
  say(text: string): void;
  /** Faults and hints, apart from what was asked for. */
  warn(text: string): void;
  /** Writes over the line before, where that was one of these. Only where {@link isInteractive}. */
  progress(line: string): void;
  /** Undefined where there is nobody to ask. */
  ask(question: string): Promise<boolean | undefined>;
  /** Calls back at Ctrl-C instead of ending at once; returns how to end that. */
  onInterrupt(listener: () => void): () => void;
}

/** Of a window that does not say how wide it is. */
const USUAL_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';

export class ProcessTerminal implements Terminal {
  #isProgress = false;

  get isInteractive(): boolean {
    return process.stdout.isTTY;
  }

  get columns(): number {
    return process.stdout.isTTY ? process.stdout.columns : USUAL_COLUMNS;
  }

  say(text: string): void {
    this.#endProgress();
    process.stdout.write(`${text}\n`);
  }

  warn(text: string): void {
    this.#endProgress();
    process.stderr.write(`${text}\n`);
  }

  progress(line: string): void {
    process.stdout.write(`${CLEAR_LINE}${line.slice(0, this.columns - 1)}`);
    this.#isProgress = true;
  }

  async ask(question: string): Promise<boolean | undefined> {
    if (!process.stdin.isTTY) return undefined;
    this.#endProgress();
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
    } finally {
      lines.close();
    }
  }

  onInterrupt(listener: () => void): () => void {
    process.on('SIGINT', listener);
    return () => process.off('SIGINT', listener);
  }

  #endProgress(): void {
    if (this.#isProgress) process.stdout.write(CLEAR_LINE);
    this.#isProgress = false;
  }
}
