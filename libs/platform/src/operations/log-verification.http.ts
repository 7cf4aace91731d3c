import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, HttpCode, Inject, Post, StreamableFile, type Type } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, type CommandContext } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

import { NDJSON } from '../http/content.js';
import { commandContext } from '../http/request-context.js';
import type { LogVerificationLine } from './log-verification.answers.js';

/** As often as a person sees a line change. */
const PROGRESS_EVERY_MS = 500;

/** Proves that the topic is what was written. A class a context: several contexts may share a process. */
export function logVerificationController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Controller(`api/${context}/v1/operations/log`)
  class LogVerificationController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Post('verify')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Read the topic from end to end and check that it is what was written',
      description:
        'Versions, hash chains, ends, and the event store’s own copies. Answers with newline-delimited JSON: `progress` now and then, and `verified` or `failed` at the end. It reads for as long as the answer is read.',
    })
    verify(): StreamableFile {
      const lines = verificationLines(this.eventLog, commandContext());
      return new StreamableFile(Readable.from(lines, { objectMode: false }), {
        type: `${NDJSON}; charset=utf-8`,
      });
    }
  }
  return LogVerificationController;
}

async function* verificationLines(eventLog: EventLog, by: CommandContext): AsyncGenerator<string> {
  const left = new AbortController();
  let progress: LogVerificationLine = { kind: 'progress', read: 0, total: 0 };
  const onProgress = ({ read, total }: { readonly read: number; readonly total: number }): void => {
    progress = { kind: 'progress', read, total };
  };
  const { topic } = eventLog.manifest;
  let outcome: LogVerificationLine | undefined;
  const verifying = eventLog.audit
    .around(
      { kind: 'log-verification', scope: { topic } },
      by,
      () => eventLog.verifyLog({ onProgress, signal: left.signal }),
      ({ events, streams, faults }) => ({ counts: { events, streams, faults } }),
    )
    .then(
      (verification) => {
        outcome = { kind: 'verified', topic, ...verification };
      },
      (error: unknown) => {
        outcome = failed(error);
      },
    );
  try {
    for (;;) {
      await Promise.race([verifying, delay(PROGRESS_EVERY_MS, undefined, { ref: false })]);
      yield `${JSON.stringify(outcome ?? progress)}\n`;
      if (outcome !== undefined) return;
    }
  } finally {
    // Whoever asked has gone: nobody would see what comes of it.
    left.abort(new PlatformError('log.verification-left', 'Nobody reads the answer any more.', false));
    await verifying;
  }
}

function failed(error: unknown): LogVerificationLine {
  if (error instanceof PlatformError) return { kind: 'failed', code: error.code, detail: error.message };
  return {
    kind: 'failed',
    code: 'platform.unexpected',
    detail: 'Something went wrong in the service; its log says what.',
  };
}
