import {
  Body,
  Controller,
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
import { EventLog, type Revert, type RevertWish } from '@samspill/eventlog';
import { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { CSV, NDJSON } from '../http/content.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import {
  releaseAnswer,
  revertAnswer,
  revertCompany,
  revertsAnswer,
  revertSelection,
  revertVerdict,
  type ListedRevertAnswer,
  type ReleaseAnswer,
  type RevertAnswer,
} from './revert.answers.js';
import { exportItems } from './revert-export.js';

const MAX_REASON_LENGTH = 500;

const reason = z.string().trim().min(1).max(MAX_REASON_LENGTH).describe('Why; kept for ever');
const planRequest = z.strictObject({ selection: revertSelection });
const startRequest = z.strictObject({ reason });
const releaseRequest = z.strictObject({ company: revertCompany, reason });
const itemsQuery = z.object({
  verdict: revertVerdict.optional(),
  format: z.enum(['csv', 'ndjson']).default('ndjson'),
});

/** Puts records back as they were. A class a context: several contexts may share a process. */
export function revertsController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/reverts`)
  class RevertsController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Permissions(operator('admin'))
    @Post('plan')
    @HttpCode(202)
    @ApiOperation({
      summary: 'Preview: what would be put back as it was, and what stands in the way',
      description:
        'Changes nothing. It is made in the background; ask for it under its id until it is `planned`. Nothing is done before it is started.',
    })
    @ApiOkResponse({ standardSchema: revertAnswer })
    async plan(@Body({ schema: planRequest }) body: z.output<typeof planRequest>): Promise<RevertAnswer> {
      return await this.#shown(accepted(await this.eventLog.reverts.plan(body.selection, commandContext())));
    }

    @Get()
    @ApiOperation({ summary: 'Reverts, newest first' })
    @ApiOkResponse({ standardSchema: revertsAnswer })
    async list(): Promise<z.input<typeof revertsAnswer>> {
      return { reverts: (await this.eventLog.reverts.list()).map(listed) };
    }

    @Get(':id')
    @ApiOperation({
      summary: 'How a revert stands: the preview in counts and samples, and what has become of it',
    })
    @ApiOkResponse({ standardSchema: revertAnswer })
    async get(@Param('id') id: string): Promise<RevertAnswer> {
      return await this.#shown(accepted(await this.eventLog.reverts.find(id)));
    }

    @Get(':id/items')
    @ApiOperation({
      summary: 'The whole preview, stream by stream, as a file: CSV or newline-delimited JSON',
    })
    async items(
      @Param('id') id: string,
      @Query({ schema: itemsQuery }) { verdict, format }: z.output<typeof itemsQuery>,
    ): Promise<StreamableFile> {
      const items = await exportItems(this.eventLog.reverts, id, { verdict }, format);
      return new StreamableFile(items, {
        type: `${format === 'csv' ? CSV : NDJSON}; charset=utf-8`,
        disposition: `attachment; filename="revert-${id}.${format}"`,
      });
    }

    @Permissions(operator('admin'))
    @Post(':id/start')
    @HttpCode(202)
    @ApiOperation({
      summary: 'Put back what the preview says',
      description:
        'First the intake of the company is held: batches and imports are refused until it is released. Streams that have changed since the preview are left alone. It goes on whoever leaves and whatever is killed.',
    })
    @ApiOkResponse({ standardSchema: revertAnswer })
    async start(
      @Param('id') id: string,
      @Body({ schema: startRequest }) body: z.output<typeof startRequest>,
    ): Promise<RevertAnswer> {
      const { actor } = commandContext();
      return await this.#shown(accepted(await this.eventLog.reverts.start(id, body.reason, actor)));
    }

    @Permissions(operator('admin'))
    @Post(':id/pause')
    @HttpCode(202)
    @ApiOperation({ summary: 'Stop for now; the intake stays held' })
    async pause(@Param('id') id: string): Promise<RevertAnswer> {
      return await this.#wish(id, 'pause');
    }

    @Permissions(operator('admin'))
    @Post(':id/resume')
    @HttpCode(202)
    @ApiOperation({ summary: 'Go on after a pause' })
    async resume(@Param('id') id: string): Promise<RevertAnswer> {
      return await this.#wish(id, 'run');
    }

    @Permissions(operator('admin'))
    @Post(':id/cancel')
    @HttpCode(202)
    @ApiOperation({ summary: 'Give it up: what has been put back stays so, and the intake stays held' })
    async cancel(@Param('id') id: string): Promise<RevertAnswer> {
      return await this.#wish(id, 'cancel');
    }

    @Permissions(operator('admin'))
    @Post('release')
    @HttpCode(200)
    @ApiOperation({ summary: 'Let a company’s business system speak again' })
    @ApiOkResponse({ standardSchema: releaseAnswer })
    async release(
      @Body({ schema: releaseRequest }) { company, reason: why }: z.output<typeof releaseRequest>,
    ): Promise<ReleaseAnswer> {
      const hold = accepted(await this.eventLog.reverts.release(company, why, commandContext()));
      return { company, since: hold.since, reason: hold.reason, revert: hold.revert };
    }

    async #wish(id: string, wish: RevertWish): Promise<RevertAnswer> {
      return await this.#shown(accepted(await this.eventLog.reverts.wish(id, wish, commandContext().actor)));
    }

    async #shown(revert: Revert): Promise<RevertAnswer> {
      const { reverts } = this.eventLog;
      const hold = await reverts.hold(revert.company);
      return {
        ...listed(revert),
        samples: await reverts.samples(revert),
        leaves: reverts.leaves,
        ...(hold && { hold }),
      };
    }
  }
  return RevertsController;
}

function listed({ causationId: _, ...revert }: Revert): ListedRevertAnswer {
  return revert;
}
