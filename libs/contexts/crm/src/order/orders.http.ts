import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  accepted,
  batchAnswer,
  batchQuery,
  companyAdministrator,
  companyGateway,
  companyRole,
  MAX_BATCH_BYTES,
  Permissions,
  sentBatch,
  TakesNdjson,
  type BatchAnswer,
  readEntities,
} from '@samspill/platform';
import { DataSource, MoreThan } from 'typeorm';
import { z } from 'zod';
import { RegisteredCompanies } from '../company/registered-companies.js';
import { OrderIntake } from './order-intake.js';
import { RejectedOrder } from './rejected-order.entity.js';

const MAX_PAGE = 500;
const DEFAULT_PAGE = 100;

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  after: z.string().optional().describe('`next` of the page before'),
});
const rejectedPage = z.object({
  orders: z.array(
    z
      .object({
        reference: z.string().describe('The order’s number; ~ and a hash where it has none that can be used'),
        number: z.string().nullable(),
        faults: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })),
        change: z.record(z.string(), z.unknown()).describe('As it was sent'),
        source: z.object({ id: z.string(), line: z.int() }),
        rejectedAt: z.string(),
      })
      .meta({ id: 'RejectedOrder' }),
  ),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
});

@ApiTags('crm: orders')
@Controller('api/crm/v1/companies/:company/orders')
export class OrdersController {
  constructor(
    @Inject(OrderIntake) private readonly intake: OrderIntake,
    @Inject(RegisteredCompanies) private readonly companies: RegisteredCompanies,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  /** Durable when answered. */
  @Permissions(companyGateway)
  @Post('changes')
  @HttpCode(200)
  @TakesNdjson(MAX_BATCH_BYTES)
  @ApiOperation({
    summary: 'Take in a batch of changes of orders from the ERP',
    description:
      'One JSON object a line: {"op":"put","order":{"number":"10248","customer":"10","orderedOn":"2026-03-01","currency":"NOK","total":"440.00","lines":[…]}} or {"op":"delete","number":"10248"}. The same batch sent again does nothing and answers the same.',
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

  @Permissions(companyRole('crm', 'user'), companyAdministrator)
  @Get('rejected')
  @ApiOperation({ summary: 'Orders whose last change could not be taken in, and why' })
  @ApiOkResponse({ standardSchema: rejectedPage })
  async rejected(
    @Param('company') text: string,
    @Query({ schema: pageQuery }) { limit, after = '' }: z.output<typeof pageQuery>,
  ): Promise<z.infer<typeof rejectedPage>> {
    const company = accepted(await this.companies.find(text));
    const rows = await readEntities(this.dataSource, company, (manager) =>
      manager.getRepository(RejectedOrder).find({
        where: { company, reference: MoreThan(after) },
        order: { reference: 'ASC' },
        take: limit,
      }),
    );
    const next = rows.length === limit ? rows.at(-1)?.reference : undefined;
    return { orders: rows.map(shown), ...(next !== undefined && { next }) };
  }
}

function shown(order: RejectedOrder): z.infer<typeof rejectedPage>['orders'][number] {
  const { reference, number, faults, change, sourceId, sourceLine, rejectedAt } = order;
  const source = { id: sourceId, line: sourceLine };
  return { reference, number, faults, change, source, rejectedAt: rejectedAt.toISOString() };
}
