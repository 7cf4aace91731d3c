import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, type OperationWish } from '@samspill/eventlog';
import type { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext, requestContext } from '../http/request-context.js';
import {
  diffAnswer,
  droppedAnswer,
  operationAnswer,
  operationsAnswer,
  planAnswer,
  throttle as throttleRequest,
  type DroppedAnswer,
  type OperationAnswer,
} from './operation.answers.js';
import { dropOldRequest, partQuery, planRequest, rebuildRequest, shown } from './operation.schemas.js';
import { throttleFrom } from './throttle.js';

/** A class a context: several contexts may share a process, each with its own path. */
export function rebuildsController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/rebuilds`)
  class RebuildsController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Permissions(operator('admin'))
    @Post('plan')
    @HttpCode(200)
    @ApiOperation({
      summary: 'What a rebuild would read, how long it should take, and whether there is room for it',
    })
    @ApiOkResponse({ standardSchema: planAnswer })
    async plan(
      @Body({ schema: planRequest }) { scope, memoryMiB }: z.output<typeof planRequest>,
    ): Promise<z.input<typeof planAnswer>> {
      return shown.plan(accepted(await this.eventLog.operations.plan(scope, memoryMiB)));
    }

    @Permissions(operator('admin'))
    @Post()
    @HttpCode(202)
    @ApiOperation({
      summary: 'Build a projection, all of the service, or one company anew from the log',
      description:
        'Reading and writing go on meanwhile. The operation goes on whoever leaves and whatever is killed; ask for it under its id.',
    })
    async start(
      @Body({ schema: rebuildRequest }) body: z.output<typeof rebuildRequest>,
    ): Promise<OperationAnswer> {
      const { actor } = requestContext();
      const request = { ...body, by: actor, throttle: throttleFrom(body.throttle) };
      return shown.operation(accepted(await this.eventLog.operations.rebuild(request)));
    }

    @Permissions(operator('admin'))
    @Post('drop-old')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Drop the former rows of a projection, which are kept as the way back',
      description: 'Makes room. The last rebuild cannot be undone afterwards.',
    })
    @ApiOkResponse({ standardSchema: droppedAnswer })
    async dropOld(
      @Body({ schema: dropOldRequest }) { projection, reason }: z.output<typeof dropOldRequest>,
    ): Promise<DroppedAnswer> {
      const dropped = await this.eventLog.audit.around(
        { kind: 'old-rows-drop', scope: { projection }, reason },
        commandContext(),
        () => this.eventLog.operations.dropOld(projection),
        (result) =>
          'generations' in result
            ? { counts: { generations: result.generations.length, bytes: result.bytes } }
            : {},
      );
      return accepted(dropped);
    }

    @Get()
    @ApiOperation({ summary: 'Rebuilds, newest first' })
    @ApiOkResponse({ standardSchema: operationsAnswer })
    async list(): Promise<z.input<typeof operationsAnswer>> {
      return { operations: (await this.eventLog.operations.list('rebuild')).map(shown.operation) };
    }

    @Get(':id')
    @ApiOperation({ summary: 'How a rebuild stands: progress of each part, verification, outcome' })
    @ApiOkResponse({ standardSchema: operationAnswer })
    async get(@Param('id') id: string): Promise<OperationAnswer> {
      return shown.operation(accepted(await this.eventLog.operations.find(id, 'rebuild')));
    }

    @Get(':id/diff')
    @ApiOperation({ summary: 'Rows added, changed and gone against the live ones, when they were compared' })
    @ApiOkResponse({ standardSchema: diffAnswer })
    async diff(
      @Param('id') id: string,
      @Query({ schema: partQuery }) { projection }: z.output<typeof partQuery>,
    ): Promise<z.input<typeof diffAnswer>> {
      accepted(await this.eventLog.operations.find(id, 'rebuild'));
      return shown.diff(accepted(await this.eventLog.operations.diff(id, projection)));
    }

    @Permissions(operator('admin'))
    @Put(':id/throttle')
    @ApiOperation({ summary: 'How fast it may read from now on; an empty object: as fast as it can' })
    async throttle(
      @Param('id') id: string,
      @Body({ schema: throttleRequest }) body: z.output<typeof throttleRequest>,
    ): Promise<OperationAnswer> {
      return shown.operation(
        accepted(await this.eventLog.operations.throttle(id, throttleFrom(body), requestContext().actor)),
      );
    }

    @Permissions(operator('admin'))
    @Post(':id/pause')
    @HttpCode(202)
    @ApiOperation({ summary: 'Stop reading for now' })
    async pause(@Param('id') id: string): Promise<OperationAnswer> {
      return await this.#wish(id, 'pause');
    }

    @Permissions(operator('admin'))
    @Post(':id/resume')
    @HttpCode(202)
    @ApiOperation({ summary: 'Go on after a pause' })
    async resume(@Param('id') id: string): Promise<OperationAnswer> {
      return await this.#wish(id, 'run');
    }

    @Permissions(operator('admin'))
    @Post(':id/cancel')
    @HttpCode(202)
    @ApiOperation({ summary: 'Give it up: what was built is dropped, live rows stay as they are' })
    async cancel(@Param('id') id: string): Promise<OperationAnswer> {
      return await this.#wish(id, 'cancel');
    }

    @Permissions(operator('admin'))
    @Post(':id/verify')
    @HttpCode(202)
    @ApiOperation({ summary: 'Bring what was built up to the log and compare it again' })
    async verify(@Param('id') id: string): Promise<OperationAnswer> {
      return await this.#wish(id, 'verify');
    }

    @Permissions(operator('admin'))
    @Post(':id/switch')
    @HttpCode(202)
    @ApiOperation({ summary: 'Let readers see what was built' })
    async switch(@Param('id') id: string): Promise<OperationAnswer> {
      return await this.#wish(id, 'switch');
    }

    @Permissions(operator('admin'))
    @Post(':id/undo')
    @HttpCode(202)
    @ApiOperation({ summary: 'Bring the former rows up to the log and let readers see them again' })
    async undo(@Param('id') id: string): Promise<OperationAnswer> {
      return await this.#wish(id, 'undo');
    }

    async #wish(id: string, wish: OperationWish): Promise<OperationAnswer> {
      return shown.operation(
        accepted(await this.eventLog.operations.wish(id, 'rebuild', wish, requestContext().actor)),
      );
    }
  }
  return RebuildsController;
}
