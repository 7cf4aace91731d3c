import { Controller, HttpCode, Inject, Post, type StreamableFile, type Type } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';

import { operator, Permissions } from '../access/permission.js';
import { commandContext } from '../http/request-context.js';
import type { LogVerificationLine } from './log-verification.answers.js';
import { progressLines } from './progress-lines.js';

/** Proves that the topic is what was written. A class a context: several contexts may share a process. */
export function logVerificationController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/log`)
  class LogVerificationController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Permissions(operator('admin'))
    @Post('verify')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Read the topic from end to end and check that it is what was written',
      description:
        'Versions, hash chains, ends, and the event store’s own copies. Answers with newline-delimited JSON: `progress` now and then, and `verified` or `failed` at the end. It reads for as long as the answer is read.',
    })
    verify(): StreamableFile {
      const by = commandContext();
      const { topic } = this.eventLog.manifest;
      return progressLines<LogVerificationLine>(
        { kind: 'progress', read: 0, total: 0 },
        async (onProgress, signal) => {
          const verification = await this.eventLog.audit.around(
            { kind: 'log-verification', scope: { topic } },
            by,
            () =>
              this.eventLog.verifyLog({
                onProgress: ({ read, total }) => onProgress({ kind: 'progress', read, total }),
                signal,
              }),
            ({ events, streams, faults }) => ({ counts: { events, streams, faults } }),
          );
          return { kind: 'verified', topic, ...verification };
        },
      );
    }
  }
  return LogVerificationController;
}
