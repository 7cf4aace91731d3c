import { Controller, Get, Inject, Module, Query, type DynamicModule, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, type LogManifest } from '@samspill/eventlog';
import { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { auditController } from './audit.http.js';
import { inspectionsController } from './inspections.controller.js';
import { keysController } from './keys.http.js';
import { logVerificationController } from './log-verification.http.js';
import { parkedController } from './parked.http.js';
import { reactorsController } from './reactors.http.js';
import { rebuildsController } from './rebuilds.controller.js';
import { revertsController } from './reverts.http.js';
import { republishController } from './republish.http.js';
import { serviceStatus } from './service-status.js';
import { statusAnswer, type StatusAnswer } from './status.answers.js';
import { topicsController } from './topics.http.js';

/**
 * What an operator asks of one context: how it stands, and to build rows anew from the log. A module class of its own each time, since
 * several contexts may share a process.
 */
export function operationsModule({
  manifest,
  eventLog,
}: {
  readonly manifest: LogManifest;
  readonly eventLog: EventLog;
}): DynamicModule {
  @Module({})
  class OperationsModule {}
  return {
    module: OperationsModule,
    controllers: [
      statusController(manifest.name),
      rebuildsController(manifest.name),
      inspectionsController(manifest.name),
      parkedController(manifest.name),
      revertsController(manifest.name),
      reactorsController(manifest.name),
      topicsController(manifest.name),
      auditController(manifest.name),
      logVerificationController(manifest.name),
      keysController(manifest.name),
      republishController(manifest.name),
    ],
    providers: [{ provide: EventLog, useValue: eventLog }],
  };
}

const statusQuery = z.object({
  verify: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether all rows of every projection are counted and hashed, which reads each of them'),
});

/** A class a context: several contexts may share a process, each with its own path. */
function statusController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations`)
  class StatusController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get('status')
    @ApiOperation({
      summary: 'Gate, publishing, projections with their size and lag, what is parked, running operations',
    })
    @ApiOkResponse({ standardSchema: statusAnswer })
    async status(
      @Query({ schema: statusQuery }) { verify }: z.output<typeof statusQuery>,
    ): Promise<StatusAnswer> {
      return await serviceStatus(this.eventLog, verify === 'true');
    }
  }
  return StatusController;
}
