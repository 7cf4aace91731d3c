import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';
import type { Projection } from '@samspill/kernel';
import type { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { CSV, NDJSON } from '../http/content.js';
import { HttpProblem } from '../http/http-problem.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext, requestContext } from '../http/request-context.js';
import {
  diffAnswer,
  operationAnswer,
  operationsAnswer,
  rowsAnswer,
  type OperationAnswer,
} from './operation.answers.js';
import { exportQuery, inspectionRequest, partQuery, rowsQuery, shown } from './operation.schemas.js';
import { cursorOf, filterFrom, rowAfter } from './row-cursor.js';
import { exportRows } from './row-export.js';
import { throttleFrom } from './throttle.js';

/** A class a context: several contexts may share a process, each with its own path. */
export function inspectionsController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/inspections`)
  class InspectionsController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Permissions(operator('admin'))
    @Post()
    @HttpCode(202)
    @ApiOperation({
      summary: 'Build the rows as they were at a moment, for nobody but you to look at',
      description: 'Readers go on seeing the live rows. It is dropped when it expires.',
    })
    async start(
      @Body({ schema: inspectionRequest }) body: z.output<typeof inspectionRequest>,
    ): Promise<OperationAnswer> {
      const { actor } = requestContext();
      const request = { ...body, by: actor, throttle: throttleFrom(body.throttle) };
      return shown.operation(accepted(await this.eventLog.operations.inspect(request)));
    }

    @Get()
    @ApiOperation({ summary: 'Inspections, newest first' })
    @ApiOkResponse({ standardSchema: operationsAnswer })
    async list(): Promise<z.input<typeof operationsAnswer>> {
      return { operations: (await this.eventLog.operations.list('inspection')).map(shown.operation) };
    }

    @Get(':id')
    @ApiOperation({ summary: 'How an inspection stands' })
    @ApiOkResponse({ standardSchema: operationAnswer })
    async get(@Param('id') id: string): Promise<OperationAnswer> {
      return shown.operation(accepted(await this.eventLog.operations.find(id, 'inspection')));
    }

    @Get(':id/rows')
    @ApiOperation({ summary: 'Its rows, in the order of their keys' })
    @ApiOkResponse({ standardSchema: rowsAnswer })
    async rows(
      @Param('id') id: string,
      @Query({ schema: rowsQuery }) query: z.output<typeof rowsQuery>,
    ): Promise<z.input<typeof rowsAnswer>> {
      const projection = await this.#projection(id, query.projection);
      const after = query.after === undefined ? undefined : rowAfter(projection, query.after);
      const rowQuery = { where: filterFrom(query.where), after, limit: query.limit };
      const rows = accepted(await this.eventLog.operations.rows(id, rowQuery, projection.name));
      const last = rows.at(-1);
      return { rows, ...(last && rows.length === query.limit && { next: cursorOf(projection, last) }) };
    }

    @Get(':id/diff')
    @ApiOperation({ summary: 'What has changed since that moment: rows added, changed and gone' })
    @ApiOkResponse({ standardSchema: diffAnswer })
    async diff(
      @Param('id') id: string,
      @Query({ schema: partQuery }) { projection }: z.output<typeof partQuery>,
    ): Promise<z.input<typeof diffAnswer>> {
      accepted(await this.eventLog.operations.find(id, 'inspection'));
      return shown.diff(accepted(await this.eventLog.operations.diff(id, projection)));
    }

    @Get(':id/export')
    @ApiOperation({ summary: 'All its rows as a file, CSV or newline-delimited JSON' })
    async export(
      @Param('id') id: string,
      @Query({ schema: exportQuery }) { projection: name, format }: z.output<typeof exportQuery>,
    ): Promise<StreamableFile> {
      const projection = await this.#projection(id, name);
      const rows = await exportRows(this.eventLog.operations, id, projection, format);
      const scope = { projection: projection.name };
      await this.eventLog.audit.record(
        { kind: 'inspection', step: 'exported', operation: id, scope },
        commandContext(),
      );
      return new StreamableFile(rows, {
        type: `${format === 'csv' ? CSV : NDJSON}; charset=utf-8`,
        disposition: `attachment; filename="${projection.name}.${format}"`,
      });
    }

    @Permissions(operator('admin'))
    @Delete(':id')
    @HttpCode(202)
    @ApiOperation({ summary: 'Drop it' })
    async drop(@Param('id') id: string): Promise<OperationAnswer> {
      const { state } = accepted(await this.eventLog.operations.find(id, 'inspection'));
      const wish = state === 'ready' ? 'drop' : 'cancel';
      const { actor } = requestContext();
      return shown.operation(accepted(await this.eventLog.operations.wish(id, 'inspection', wish, actor)));
    }

    /** The projection that is meant: the only one, or the one that is named. */
    async #projection(id: string, name: string | undefined): Promise<Projection> {
      const { parts } = accepted(await this.eventLog.operations.find(id, 'inspection'));
      const [only] = parts;
      const meant = name ?? (parts.length === 1 ? only?.projection : undefined);
      const found = meant === undefined ? undefined : this.eventLog.operations.projection(meant);
      if (found) return found;
      const known = parts.map(({ projection }) => projection).join(', ');
      throw new HttpProblem(404, 'operation.projection-not-found', `Say which projection: one of ${known}.`);
    }
  }
  return InspectionsController;
}
