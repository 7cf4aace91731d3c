import { Body, Controller, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { accepted, commandContext, companyGateway, Permissions, TakesNdjson } from '@samspill/platform';
import { z } from 'zod';
import { MAX_BATCH_BYTES } from './batch.js';
import { BatchIntake, type BatchAnswer } from './batch-intake.js';

const name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
const batchQuery = z.strictObject({
  agent: name.describe('Name of the agent that sends; stays when it is installed anew'),
  incarnation: name.describe('New whenever the agent has lost what it knew'),
  sequence: z.coerce.number().int().min(1).describe('1, 2, 3 … in the incarnation'),
});

const count = z.int();
const answer = z
  .object({
    created: count,
    changed: count,
    deleted: count,
    unchanged: count.describe('Came as they were already'),
    rejected: count.describe('Stand in the sync report with their reasons'),
    forgotten: count
      .optional()
      .describe('Of the rejected, records of people who have been forgotten; absent where there is none'),
    repeated: z.boolean().describe('This batch had been taken in before; nothing was done now'),
  })
  .meta({ id: 'BatchAnswer' });

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
  @ApiOkResponse({ standardSchema: answer })
  async take(
    @Param('company') company: string,
    @Query({ schema: batchQuery }) query: z.infer<typeof batchQuery>,
    @Body() body: unknown,
  ): Promise<BatchAnswer> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const context = { ...commandContext(), actor: `agent:${query.agent}` as const };
    return accepted(await this.intake.take(company, query, bytes, context));
  }
}
