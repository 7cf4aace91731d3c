import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  EventLog,
  MAX_PARKED_AT_ONCE,
  readPlace,
  writePlace,
  type ParkedCursor,
  type ParkedInProjection,
  type ParkedOutcome,
  type ParkedSelection,
} from '@samspill/eventlog';
import { isRejection, type Rejection } from '@samspill/kernel';
import { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { HttpProblem } from '../http/http-problem.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import {
  parkedOutcomeAnswer,
  parkedPageAnswer,
  parkedRecordAnswer,
  type ParkedAnswer,
  type ParkedOutcomeAnswer,
  type ParkedPageAnswer,
  type ParkedRecordAnswer,
} from './parked.answers.js';

const MAX_REASON_LENGTH = 500;
const DEFAULT_PAGE = 100;
/** Of the events that were asked for, so many are named on record. */
const NAMED_ON_RECORD = 20;

const projection = z.string().optional().describe('Only what this projection has set aside');
const listQuery = z.object({
  projection,
  after: z.string().optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_PARKED_AT_ONCE).default(DEFAULT_PAGE),
});
const showQuery = z.object({
  projection,
  data: z.enum(['true', 'false']).default('false').describe('Whether its data is shown: it may be personal'),
});
const selection = z.strictObject({
  projection,
  ids: z.array(z.string()).min(1).max(MAX_PARKED_AT_ONCE).optional(),
  all: z
    .literal(true)
    .optional()
    .describe(`Instead of ids: the first ${MAX_PARKED_AT_ONCE} from \`after\` on`),
  after: z.string().optional().describe('`next` of the answer before, with `all`'),
});
const oneOfBoth = ({ ids, all }: z.output<typeof selection>): boolean =>
  (ids === undefined) !== (all === undefined);
const which = 'takes either ids or all';
const retryRequest = selection.refine(oneOfBoth, which);
const discardRequest = selection
  .extend({ reason: z.string().trim().min(1).max(MAX_REASON_LENGTH).describe('Why; kept for ever') })
  .refine(oneOfBoth, which);

/** What is done about events that projections have set aside. A class a context: several contexts may share a process. */
export function parkedController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/parked`)
  class ParkedController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get()
    @ApiOperation({ summary: 'Events that projections have set aside, by projection and place on the log' })
    @ApiOkResponse({ standardSchema: parkedPageAnswer })
    async list(@Query({ schema: listQuery }) query: z.output<typeof listQuery>): Promise<ParkedPageAnswer> {
      const after = query.after === undefined ? undefined : cursorFrom(query.after);
      const { parked, next } = accepted(
        await this.eventLog.parked.list(query.projection, after, query.limit),
      );
      return { parked: parked.map(shown), ...(next && { next: cursorText(next) }) };
    }

    @Get(':id')
    @ApiOperation({ summary: 'One of them as it is on the log' })
    @ApiOkResponse({ standardSchema: parkedRecordAnswer })
    async get(
      @Param('id') id: string,
      @Query({ schema: showQuery }) query: z.output<typeof showQuery>,
    ): Promise<ParkedRecordAnswer> {
      const records = accepted(await this.eventLog.parked.show(query.projection, placeFrom(id)));
      const [first] = records;
      if (query.data === 'true')
        await this.eventLog.audit.record(
          { kind: 'parked-data', step: 'shown', scope: { events: id } },
          commandContext(),
        );
      return {
        parked: records.map(shown),
        headers: { ...first?.record.headers },
        ...(query.data === 'true' && first && { data: first.record.value.toString('utf8') }),
      };
    }

    @Permissions(operator('admin'))
    @Post('retry')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Try events again with the code of today',
      description:
        'In the order of their streams: what is parked of the same streams is tried along with them. What still cannot be applied stays, with its reason of now.',
    })
    @ApiOkResponse({ standardSchema: parkedOutcomeAnswer })
    async retry(
      @Body({ schema: retryRequest }) body: z.output<typeof retryRequest>,
    ): Promise<ParkedOutcomeAnswer> {
      const selection = selectionFrom(body);
      const done = await this.eventLog.audit.around(
        { kind: 'parked-retry', scope: scopeOf(body) },
        commandContext(),
        () => this.eventLog.parked.retry(selection),
        countsOf,
      );
      return outcome(accepted(done));
    }

    @Permissions(operator('admin'))
    @Post('discard')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Take events for not there, now and in every later rebuild',
      description: 'Cannot be taken back. Is itself an event, with who did it and why.',
    })
    @ApiOkResponse({ standardSchema: parkedOutcomeAnswer })
    async discard(
      @Body({ schema: discardRequest }) { reason, ...body }: z.output<typeof discardRequest>,
    ): Promise<ParkedOutcomeAnswer> {
      const [selection, context] = [selectionFrom(body), commandContext()];
      const done = await this.eventLog.audit.around(
        { kind: 'parked-discard', scope: scopeOf(body), reason },
        context,
        () => this.eventLog.parked.discard(selection, reason, context),
        countsOf,
      );
      return outcome(accepted(done));
    }
  }
  return ParkedController;
}

function shown({ projection: name, entry }: ParkedInProjection): ParkedAnswer {
  const { topic, partition, offset, reason, bytes, event } = entry;
  return {
    id: writePlace(entry),
    projection: name,
    reason,
    stream: event.stream,
    version: event.version,
    type: event.type,
    schemaVersion: event.schemaVersion,
    eventId: event.id,
    key: event.key,
    time: event.time,
    actor: event.actor,
    correlationId: event.correlationId,
    causationId: event.causationId,
    topic,
    partition,
    offset: offset.toString(),
    bytes,
  };
}

function scopeOf({
  projection: name,
  ids,
  all,
}: z.output<typeof selection>): Readonly<Record<string, string>> {
  return {
    ...(name !== undefined && { projection: name }),
    ...(ids !== undefined && { events: ids.slice(0, NAMED_ON_RECORD).join(' ') }),
    ...(all === true && { events: 'all' }),
  };
}

function countsOf(result: ParkedOutcome | Rejection): { readonly counts: Readonly<Record<string, number>> } {
  if (isRejection(result)) return { counts: {} };
  const { selected, tried, stillParked } = result;
  return { counts: { selected, tried, stillParked } };
}

function outcome({ next, ...counts }: ParkedOutcome): ParkedOutcomeAnswer {
  return { ...counts, ...(next && { next: cursorText(next) }) };
}

function selectionFrom({ projection: name, ids, after }: z.output<typeof selection>): ParkedSelection {
  if (ids !== undefined) return { projection: name, places: ids.map(placeFrom) };
  return { projection: name, after: after === undefined ? undefined : cursorFrom(after) };
}

function placeFrom(id: string): ReturnType<typeof readPlace> & object {
  const place = readPlace(id);
  if (place) return place;
  const detail = `«${id}» is not the id of a parked event, which is topic:partition:offset.`;
  throw new HttpProblem(400, 'request.id-invalid', detail);
}

/** `contacts.directory@samspill.contacts:3:1042` */
function cursorText({ projection: name, place }: ParkedCursor): string {
  return `${name}@${writePlace(place)}`;
}

function cursorFrom(text: string): ParkedCursor {
  const [name = '', id = ''] = text.split('@');
  const place = readPlace(id);
  if (place) return { projection: name, place };
  throw new HttpProblem(
    400,
    'request.cursor-invalid',
    '`after` is not the `next` of an answer of this route.',
  );
}
