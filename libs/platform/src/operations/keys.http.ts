import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  type StreamableFile,
  type Type,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, type PersonalData } from '@samspill/eventlog';
import { reject, type Rejection } from '@samspill/kernel';
import type { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import { keysAnswer, type KeysAnswer, type KeysCheckLine, type KeysRotationLine } from './keys.answers.js';
import { reasonedRequest } from './operation.schemas.js';
import { progressLines } from './progress-lines.js';

const NOT_BEGUN = { kind: 'progress', done: 0, total: 0 } as const;

/** The keys that personal data is sealed with. A class a context: several contexts may share a process. */
export function keysController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/keys`)
  class KeysController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get()
    @ApiOperation({
      summary: 'How many keys of personal data are kept and forgotten, and which master key seals how many',
      description: 'Refused with 409 where the service has no master keys; so are the others.',
    })
    @ApiOkResponse({ standardSchema: keysAnswer })
    async status(): Promise<KeysAnswer> {
      const { care, failure } = accepted(keysOf(this.eventLog));
      return { ...(await care.status()), ...(failure !== undefined && { failing: failure }) };
    }

    @Permissions(operator('admin'))
    @Post('check')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Read every event of the service’s topics and look for the key of each that is sealed',
      description:
        'Answers with newline-delimited JSON: `progress` now and then, and `checked` or `failed` at the end. It reads for as long as the answer is read.',
    })
    check(): StreamableFile {
      const { care } = accepted(keysOf(this.eventLog));
      const by = commandContext();
      return progressLines<KeysCheckLine>(NOT_BEGUN, async (onProgress, signal) => {
        const checked = await this.eventLog.audit.around(
          { kind: 'keys-check', scope: { topic: this.eventLog.manifest.topic } },
          by,
          () => care.check({ onProgress: (far) => onProgress({ kind: 'progress', ...far }), signal }),
          ({ events, sealed, missing }) => ({ counts: { events, ...sealed, missing } }),
        );
        return { kind: 'checked', ...checked };
      });
    }

    @Permissions(operator('admin'))
    @Post('rotate')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Seal the service’s own keys with the first of its master keys',
      description:
        'Events and keys stay as they are. Answers with newline-delimited JSON: `progress` now and then, and `rotated` or `failed` at the end. It goes on for as long as the answer is read; broken off anywhere, it is asked for again.',
    })
    rotate(@Body({ schema: reasonedRequest }) { reason }: z.output<typeof reasonedRequest>): StreamableFile {
      const { care } = accepted(keysOf(this.eventLog));
      const by = commandContext();
      return progressLines<KeysRotationLine>(NOT_BEGUN, async (onProgress, signal) => {
        const rotation = await this.eventLog.audit.around(
          { kind: 'keys-rotation', scope: { topic: this.eventLog.manifest.topic }, reason },
          by,
          () => care.rotate({ onProgress: (far) => onProgress({ kind: 'progress', ...far }), signal }),
          ({ rotated, left }) => ({ counts: { rotated, left } }),
        );
        return { kind: 'rotated', ...rotation };
      });
    }
  }
  return KeysController;
}

function keysOf({ keys, manifest }: EventLog): PersonalData | Rejection {
  return (
    keys ??
    reject(
      'keys.unsealed-conflict',
      `${manifest.name} has no master keys, and writes personal data as it is. Give it SAMSPILL_MASTER_KEYS and restart it; what is written from then on is sealed.`,
    )
  );
}
