import { Controller, Get, Inject, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';

import { topicsAnswer, type TopicsAnswer } from './topics.answers.js';

/** The topics that a context needs, as they are. Nothing here changes one. */
export function topicsController(context: string): Type {
  @ApiTags(`${context}: operations`)
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
  }
  return TopicsController;
}
