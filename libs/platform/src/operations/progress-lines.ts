import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { StreamableFile } from '@nestjs/common';
import { PlatformError } from '@samspill/kernel';

import { NDJSON } from '../http/content.js';

/** As often as a person sees a line change. */
const PROGRESS_EVERY_MS = 500;

interface FailedLine {
  readonly kind: 'failed';
  readonly code: string;
  readonly detail: string;
}

/**
 * The answer to what takes its time, as newline-delimited JSON: how far it is, now and then, and at the end what came of it, or
 * `failed`. The work is broken off where nobody reads on.
 * @param first what is said before there is any progress
 */
export function progressLines<Line extends object>(
  first: Line,
  work: (onProgress: (line: Line) => void, signal: AbortSignal) => Promise<Line>,
): StreamableFile {
  return new StreamableFile(Readable.from(lines(first, work), { objectMode: false }), {
    type: `${NDJSON}; charset=utf-8`,
  });
}

async function* lines<Line extends object>(
  first: Line,
  work: (onProgress: (line: Line) => void, signal: AbortSignal) => Promise<Line>,
): AsyncGenerator<string> {
  const left = new AbortController();
  let progress = first;
  let ended: Line | FailedLine | undefined;
  const working = work((line) => (progress = line), left.signal).then(
    (line) => {
      ended = line;
    },
    (error: unknown) => {
      ended = failed(error);
    },
  );
  try {
    for (;;) {
      await Promise.race([working, delay(PROGRESS_EVERY_MS, undefined, { ref: false })]);
      yield `${JSON.stringify(ended ?? progress)}\n`;
      if (ended !== undefined) return;
    }
  } finally {
    // Whoever asked has gone: nobody would see what comes of it.
    left.abort(new PlatformError('request.left', 'Nobody reads the answer any more.', false));
    await working;
  }
}

function failed(error: unknown): FailedLine {
  if (error instanceof PlatformError) return { kind: 'failed', code: error.code, detail: error.message };
  return {
    kind: 'failed',
    code: 'platform.unexpected',
    detail: 'Something went wrong in the service; its log says what.',
  };
}
