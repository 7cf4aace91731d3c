import { Body, Controller, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  accepted,
  batchAnswer,
  batchQuery,
  companyGateway,
  MAX_BATCH_BYTES,
  Permissions,
  sentBatch,
  TakesNdjson,
  type BatchAnswer,
} from '@samspill/platform';
import type { z } from 'zod';
import { BatchIntake } from './batch-intake.js';

@ApiTags('contacts: changes')
@Permissions(companyGateway)
@Controller('api/contacts/v1/companies/:company/changes')
export class BatchController {
  constructor(@Inject(BatchIntake) private readonly intake: BatchIntake) {}

  /** Durable when answered; visible in the directory a moment later. */
  @Post()
  @HttpCode(200)
  @TakesNdjson(MAX_BATCH_BYTES)
  @ApiOperation({
    summary: 'Take in a batch of changes from the ERP',
    description:
      'One JSON object a line: {"op":"put","kind":"customer","record":{"number":"10","name":"Fjord AS"}} or {"op":"delete","kind":"customer","number":"10"}. The same batch sent again does nothing and answers the same.',
  })
  @ApiOkResponse({ standardSchema: batchAnswer })
  async take(
    @Param('company') company: string,
    @Query({ schema: batchQuery }) query: z.infer<typeof batchQuery>,
    @Body() body: unknown,
  ): Promise<BatchAnswer> {
    const { bytes, context } = sentBatch(query, body);
    return accepted(await this.intake.take(company, query, bytes, context));
  }
}
