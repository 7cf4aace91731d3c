import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog, MAX_DELIVERIES_AT_ONCE } from '@samspill/eventlog';
import { MAX_RECORDED_KEYS } from '@samspill/contracts';
import { isRejection } from '@samspill/kernel';
import { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import { WhileAsked } from '../http/while-asked.js';
import {
  reactorsAnswer,
  redeliveriesAnswer,
  redeliveryAnswer,
  redeliveryPreviewAnswer,
  redeliveryWindowSchema,
  retriedAnswer,
  undeliveredAnswer,
  type ReactorsAnswer,
  type RedeliveryAnswer,
  type RedeliveryPreviewAnswer,
  type RetriedAnswer,
  type UndeliveredAnswer,
} from './reactor.answers.js';
import { shownReactor, shownUndelivered } from './shown-reactor.js';

const MAX_REASON_LENGTH = 500;
const DEFAULT_PAGE = 100;

const reason = z.string().trim().min(1).max(MAX_REASON_LENGTH).describe('Why; kept for ever');
const reasonBody = z.strictObject({ reason });
const listQuery = z.object({
  company: z.string().optional().describe('Only deliveries of this company'),
  after: z.string().optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_DELIVERIES_AT_ONCE).default(DEFAULT_PAGE),
});
const retryRequest = z
  .strictObject({
    things: z.array(z.string()).min(1).max(MAX_DELIVERIES_AT_ONCE).optional(),
    all: z
      .literal(true)
      .optional()
      .describe(`Instead of things: the first ${MAX_DELIVERIES_AT_ONCE} from \`after\` on`),
    after: z.string().optional().describe('`next` of the answer before, with `all`'),
  })
  .refine(({ things, all }) => (things === undefined) !== (all === undefined), 'takes either things or all');
const previewRequest = z.strictObject({ window: redeliveryWindowSchema });
const redeliveryRequest = z.strictObject({
  window: redeliveryWindowSchema,
  verifies: z
    .boolean()
    .default(false)
    .describe('Ask the other side about what it is said to have as well, and send what it lacks'),
  reason,
});

/** What a service does outside because of events. A class a context: several contexts may share a process. */
export function reactorsController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/reactors`)
  class ReactorsController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get()
    @ApiOperation({ summary: 'How each reactor stands: running, held, waiting for what until when, failing' })
    @ApiOkResponse({ standardSchema: reactorsAnswer })
    async list(): Promise<ReactorsAnswer> {
      return { reactors: (await this.eventLog.reactors.statuses()).map(shownReactor) };
    }

    @Permissions(operator('admin'))
    @Post(':name/hold')
    @HttpCode(204)
    @ApiOperation({
      summary: 'Deliver nothing more until it is released; what happens is taken in meanwhile',
    })
    async hold(
      @Param('name') name: string,
      @Body({ schema: reasonBody }) body: z.output<typeof reasonBody>,
    ): Promise<void> {
      accepted(await this.eventLog.reactors.hold(name, body.reason, commandContext()));
    }

    @Permissions(operator('admin'))
    @Post(':name/release')
    @HttpCode(204)
    @ApiOperation({
      summary: 'Let a held reactor deliver again',
      description: 'After a restore: what may have been sent before is asked about first.',
    })
    async release(
      @Param('name') name: string,
      @Body({ schema: reasonBody }) body: z.output<typeof reasonBody>,
    ): Promise<void> {
      accepted(await this.eventLog.reactors.release(name, body.reason, commandContext()));
    }

    @Get(':name/undelivered')
    @ApiOperation({ summary: 'What the other side has refused, with its words and ours' })
    @ApiOkResponse({ standardSchema: undeliveredAnswer })
    async undelivered(
      @Param('name') name: string,
      @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
    ): Promise<UndeliveredAnswer> {
      const { entries, next } = accepted(await this.eventLog.reactors.undelivered(name, query));
      return { deliveries: entries.map(shownUndelivered), ...(next !== undefined && { next }) };
    }

    @Permissions(operator('admin'))
    @Post(':name/retry')
    @HttpCode(200)
    @ApiOperation({ summary: 'Try again what was refused: some things, or all' })
    @ApiOkResponse({ standardSchema: retriedAnswer })
    async retry(
      @Param('name') name: string,
      @Body({ schema: retryRequest }) { things, after }: z.output<typeof retryRequest>,
    ): Promise<RetriedAnswer> {
      const selection = things === undefined ? { after } : { things: [...new Set(things)] };
      const done = await this.eventLog.audit.around(
        { kind: 'delivery-retry', scope: { reactor: name } },
        commandContext(),
        () => this.eventLog.reactors.retry(name, selection),
        (outcome) =>
          isRejection(outcome)
            ? {}
            : { counts: { tried: outcome.tried }, keys: things?.slice(0, MAX_RECORDED_KEYS) ?? [] },
      );
      return accepted(done);
    }

    @Permissions(operator('admin'))
    @Post(':name/redeliveries/preview')
    @HttpCode(200)
    @ApiOperation({
      summary: 'What delivering a window of the past again would come to',
      description: 'Reads the window. Nothing is sent, and nothing is written.',
    })
    @ApiOkResponse({ standardSchema: redeliveryPreviewAnswer })
    async preview(
      @Param('name') name: string,
      @Body({ schema: previewRequest }) { window }: z.output<typeof previewRequest>,
      @WhileAsked() signal: AbortSignal,
    ): Promise<RedeliveryPreviewAnswer> {
      return accepted(await this.eventLog.reactors.previewRedelivery(name, window, signal));
    }

    @Permissions(operator('admin'))
    @Post(':name/redeliveries')
    @HttpCode(202)
    @ApiOperation({
      summary: 'Deliver a window of the past again, except for what the other side has',
      description:
        'Is itself an event, with who asked and why. Asking twice delivers nothing twice. With `verifies` what the other side has lost is found out and sent.',
    })
    async redeliver(
      @Param('name') name: string,
      @Body({ schema: redeliveryRequest }) body: z.output<typeof redeliveryRequest>,
    ): Promise<RedeliveryAnswer> {
      const request = await this.eventLog.reactors.redeliver(
        name,
        body.window,
        body.reason,
        commandContext(),
        { verifies: body.verifies },
      );
      return redeliveryAnswer.parse(accepted(request));
    }

    @Get(':name/redeliveries')
    @ApiOperation({ summary: 'Redeliveries that were asked for, newest first' })
    @ApiOkResponse({ standardSchema: redeliveriesAnswer })
    async redeliveries(@Param('name') name: string): Promise<z.input<typeof redeliveriesAnswer>> {
      const requests = accepted(await this.eventLog.reactors.redeliveries(name));
      return redeliveriesAnswer.parse({ redeliveries: requests });
    }
  }
  return ReactorsController;
}
