import { Body, Controller, Get, HttpCode, Inject, Post, Query, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';
import { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import { reasonedRequest } from './operation.schemas.js';
import { republishAnswer, type RepublishAnswer } from './republish.answers.js';

const statusQuery = z.object({
  counted: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether stored events are counted, which reads all of them'),
});

/** The topic filled again from the event store. A class a context: several contexts may share a process. */
export function republishController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/republish`)
  class RepublishController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get()
    @ApiOperation({
      summary: 'How the topic stands to the event store: what it lacks, and how far it is filled',
    })
    @ApiOkResponse({ standardSchema: republishAnswer })
    async status(
      @Query({ schema: statusQuery }) { counted }: z.output<typeof statusQuery>,
    ): Promise<RepublishAnswer> {
      return await this.eventLog.republishing.status(counted === 'true');
    }

    @Permissions(operator('admin'))
    @Post()
    @HttpCode(202)
    @ApiOperation({
      summary: 'Publish again what the topic lacks',
      description:
        'With the same keys, partitions, times and order. Where the topic was made anew it is another log: projections that have read the former one stand still until they are rebuilt.',
    })
    @ApiOkResponse({ standardSchema: republishAnswer })
    async start(
      @Body({ schema: reasonedRequest }) { reason }: z.output<typeof reasonedRequest>,
    ): Promise<RepublishAnswer> {
      const { topic } = this.eventLog.manifest;
      const started = await this.eventLog.audit.around(
        { kind: 'republish', scope: { topic }, reason },
        commandContext(),
        () => this.eventLog.republishing.start(),
        (status) => ('lacking' in status ? { counts: { partitions: status.lacking.length } } : {}),
      );
      return accepted(started);
    }
  }
  return RepublishController;
}
