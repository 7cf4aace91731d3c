import { Body, Controller, Get, HttpCode, Inject, Post, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';
import type { z } from 'zod';

import { operator, Permissions } from '../access/permission.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import { reasonedRequest } from './operation.schemas.js';
import { createdTopicsAnswer, type CreatedTopicsAnswer } from './republish.answers.js';
import { topicsAnswer, type TopicsAnswer } from './topics.answers.js';

/** The topics that a context needs. What exists is never altered. */
export function topicsController(context: string): Type {
  @ApiTags(`${context}: operations`)
  @Permissions(operator('user'))
  @Controller(`api/${context}/v1/operations/topics`)
  class TopicsController {
    constructor(@Inject(EventLog) private readonly eventLog: EventLog) {}

    @Get()
    @ApiOperation({
      summary: 'Topics: partitions, how they are kept, and what is not as the code declares it',
    })
    @ApiOkResponse({ standardSchema: topicsAnswer })
    async list(): Promise<TopicsAnswer> {
      return { topics: await this.eventLog.overview.topics() };
    }

    @Permissions(operator('admin'))
    @Post()
    @HttpCode(200)
    @ApiOperation({
      summary: 'Make the topics that this service writes and that are missing',
      description:
        'As they are declared. Refused where one that exists is not as declared: partitions are never added to a topic, since keys would move.',
    })
    @ApiOkResponse({ standardSchema: createdTopicsAnswer })
    async create(
      @Body({ schema: reasonedRequest }) { reason }: z.output<typeof reasonedRequest>,
    ): Promise<CreatedTopicsAnswer> {
      const done = await this.eventLog.audit.around(
        { kind: 'topics-creation', reason },
        commandContext(),
        () => this.eventLog.createTopics(),
        (result) => ('created' in result ? { keys: result.created } : {}),
      );
      return accepted(done);
    }
  }
  return TopicsController;
}
