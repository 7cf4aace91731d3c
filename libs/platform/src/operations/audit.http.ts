import { Controller, Get, Inject, Query, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';
import { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { auditAnswer, type AuditAnswer } from './audit.answers.js';

const DEFAULT_ENTRIES = 100;
const MAX_ENTRIES = 500;

const auditQuery = z.object({
  since: z.iso.datetime({ offset: true }).optional().describe('What happened at this time or later'),
  until: z.iso.datetime({ offset: true }).optional().describe('What happened before this time'),
  actor: z.string().optional().describe('E.g. user:kari'),
  kind: z.string().optional().describe('E.g. rebuild'),
  operation: z.string().optional().describe('What belongs to one operation'),
  after: z
    .string()
    .regex(/^\d{1,9}$/, 'is not the `next` of an answer of this route')
    .optional()
    .describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_ENTRIES).default(DEFAULT_ENTRIES),
});

/** Who did what to the service. A class a context: several contexts may share a process. */
export function auditController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/audit`)
  class AuditController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get()
    @ApiOperation({
      summary: 'Who did what, why, and what came of it, newest first',
      description:
        'It is on the log, and comes back with a lost database. What has just been done may take a second to be there.',
    })
    @ApiOkResponse({ standardSchema: auditAnswer })
    async list(
      @Query({ schema: auditQuery }) { after, ...query }: z.output<typeof auditQuery>,
    ): Promise<AuditAnswer> {
      const before = after === undefined ? undefined : Number(after);
      const { entries, next } = await this.eventLog.audit.page({ ...query, before });
      return {
        entries: entries.map(({ version: _version, ...entry }) => entry),
        ...(next !== undefined && { next: String(next) }),
      };
    }
  }
  return AuditController;
}
