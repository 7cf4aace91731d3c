import { setTimeout as delay } from 'node:timers/promises';
import { operationAnswer, type OperationAnswer } from '@samspill/platform/answers';
import type { Cli } from './cli.js';
import { EXIT, Stop } from './exit-codes.js';
import { currentPart, progressText } from './render/operation-lines.js';
import type { Answer, ServiceClient } from './service-client.js';

/** As often as a service writes its progress. */
const LOOK_MS = 500;
/** Where nobody looks on, a line so often, and whenever it goes over to something else. */
const LINE_EVERY_MS = 5_000;
/** A service that is started again is waited for so long. */
const GONE_FOR_MS = 60_000;

export type OperationKind = 'rebuild' | 'inspection';

/**
 * Follows an operation until it has ended or waits for a person.
 * @throws Stop at Ctrl-C, saying how to come back; and where the service stays away
 */
export async function watch(
  cli: Cli,
  service: ServiceClient,
  kind: OperationKind,
  id: string,
): Promise<Answer<OperationAnswer>> {
  const comeBack = `samspill ${kind === 'rebuild' ? 'rebuild' : 'inspect'} watch ${id}${cli.addressing}`;
  const interrupted = new AbortController();
  const forget = cli.terminal.onInterrupt(() => interrupted.abort());
  const shown = new Progress(cli);
  try {
    for (;;) {
      const answer = await patiently(cli, comeBack, interrupted.signal, () =>
        service.call('GET', `${kind}s/${id}`, operationAnswer),
      );
      if (interrupted.signal.aborted)
        throw new Stop(EXIT.interrupted, `The ${kind} goes on without you. Come back with: ${comeBack}`);
      if (isSettled(answer.value)) return answer;
      shown.update(answer.value);
      await delay(LOOK_MS, undefined, { signal: interrupted.signal }).catch(() => undefined);
    }
  } finally {
    forget();
  }
}

/** Whether nothing more happens by itself. A wish that is being seen to is not settled. */
export function isSettled({ state, wish }: OperationAnswer): boolean {
  switch (state) {
    case 'failed':
    case 'cancelled':
    case 'undone':
      return true;
    case 'done':
      return wish !== 'undo';
    case 'ready':
      return wish === 'run' || wish === 'pause';
    case 'waiting':
    case 'running':
    case 'paused':
      return false;
  }
}

/** Asks again while the service is away, for a bounded time. */
export async function patiently<T>(
  cli: Cli,
  comeBack: string,
  signal: AbortSignal,
  question: () => Promise<T>,
): Promise<T> {
  const giveUpAtMs = Date.now() + GONE_FOR_MS;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await question();
    } catch (error) {
      if (!(error instanceof Stop) || error.exitCode !== EXIT.unreachable) throw error;
      if (signal.aborted || Date.now() > giveUpAtMs)
        throw new Stop(error.exitCode, `${error.message}\nIf it comes back, so can you: ${comeBack}`);
      if (isFirst) cli.terminal.warn(`${error.message} Waiting for it …`);
      await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** One live line for a person; plain lines now and then for a file. */
class Progress {
  #lastPhase = '';
  #lastMs = 0;

  constructor(private readonly cli: Cli) {}

  update(operation: OperationAnswer): void {
    const { isJson, terminal } = this.cli;
    if (isJson) return;
    const line = progressText(operation);
    if (terminal.isInteractive) {
      terminal.progress(line);
      return;
    }
    const part = currentPart(operation);
    const phase = `${operation.state} ${part?.projection ?? ''} ${part?.phase ?? ''}`;
    if (phase === this.#lastPhase && Date.now() - this.#lastMs < LINE_EVERY_MS) return;
    this.#lastPhase = phase;
    this.#lastMs = Date.now();
    terminal.say(line);
  }
}
