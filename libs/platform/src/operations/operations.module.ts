import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  Param,
  Post,
  type DynamicModule,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, type EventLogStatus, type LogManifest } from '@samspill/eventlog';
import { z } from 'zod';

import { HttpProblem } from '../http/http-problem.js';
import { RebuildDesk, type RebuildStatus } from './rebuild-desk.js';

const rebuildRequest = z.strictObject({
  projection: z.string().describe('E.g. contacts.directory; all of them are in the status'),
});

const rebuildStatus = z
  .object({
    id: z.string(),
    projection: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    startedAt: z.string(),
    progress: z.object({ phase: z.string(), read: z.int(), total: z.int() }),
    result: z
      .object({
        generation: z.int(),
        replaced: z.int().optional(),
        events: z.int(),
        rows: z.int(),
        parked: z.int(),
        durationMs: z.number(),
        switchMs: z.number(),
      })
      .optional(),
    failure: z.string().optional(),
  })
  .meta({ id: 'Rebuild' });

/**
 * What an operator asks of one context: how it stands, and to build a projection anew from the log. A module class of its own each
 * time, since several contexts may share a process.
 */
export function operationsModule({
  manifest,
  eventLog,
}: {
  readonly manifest: LogManifest;
  readonly eventLog: EventLog;
}): DynamicModule {
  const desk = new RebuildDesk(eventLog);
  @Module({})
  class OperationsModule implements OnApplicationShutdown {
    async onApplicationShutdown(): Promise<void> {
      await desk.stop();
    }
  }
  return {
    module: OperationsModule,
    controllers: [operationsController(manifest.name)],
    providers: [
      { provide: EventLog, useValue: eventLog },
      { provide: RebuildDesk, useValue: desk },
    ],
  };
}

/** A class a context: several contexts may share a process, each with its own path. */
function operationsController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Controller(`api/${context}/v1/operations`)
  class OperationsController {
    constructor(
      @Inject(EventLog) private readonly eventLog: EventLog,
      @Inject(RebuildDesk) private readonly desk: RebuildDesk,
    ) {}

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

    @Post('rebuilds')
    @HttpCode(202)
    @ApiOperation({
      summary: 'Build a projection anew from the log, beside the live one, and switch to it',
      description: 'Reading and writing go on meanwhile. Ask for the progress under the id that is answered.',
    })
    start(@Body({ schema: rebuildRequest }) body: z.infer<typeof rebuildRequest>): RebuildStatus {
      return this.desk.start(body.projection);
    }

    @Get('rebuilds')
    @ApiOperation({ summary: 'Rebuilds that this process runs or ran, newest first' })
    list(): { readonly rebuilds: readonly RebuildStatus[] } {
      return { rebuilds: this.desk.list() };
    }

    @Get('rebuilds/:id')
    @ApiOperation({ summary: 'Progress and result of a rebuild' })
    @ApiOkResponse({ standardSchema: rebuildStatus })
    get(@Param('id') id: string): RebuildStatus {
      const status = this.desk.get(id);
      if (status) return status;
      throw new HttpProblem(404, 'operations.rebuild-not-found', `This process knows no rebuild ${id}.`);
    }
  }
  return OperationsController;
}
