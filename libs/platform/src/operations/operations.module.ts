import { Controller, Get, Inject, Module, type DynamicModule, type Type } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, type EventLogStatus, type LogManifest } from '@samspill/eventlog';

import { inspectionsController } from './inspections.controller.js';
import { rebuildsController } from './rebuilds.controller.js';

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
    ],
    providers: [{ provide: EventLog, useValue: eventLog }],
  };
}

/** A class a context: several contexts may share a process, each with its own path. */
function statusController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Controller(`api/${context}/v1/operations`)
  class StatusController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get('status')
    @ApiOperation({ summary: 'Gate, publishing, projections with count and hash of their rows' })
    async status(): Promise<
      EventLogStatus & { readonly projectionRows: readonly object[]; readonly unpublished: object }
    > {
      const projectionRows: object[] = [];
      for (const { name, version } of this.eventLog.manifest.projections) {
        projectionRows.push({ name, version, ...(await this.eventLog.fingerprint(name)) });
      }
      return { ...this.eventLog.status(), projectionRows, unpublished: await this.eventLog.backlog() };
    }
  }
  return StatusController;
}
