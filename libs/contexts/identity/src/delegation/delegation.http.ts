import { Body, Controller, Delete, Get, Inject, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { accessLevel, accessProduct } from '@samspill/contracts';
import {
  accepted,
  commandContext,
  companyAdministrator,
  companyMember,
  Permissions,
} from '@samspill/platform';
import { z } from 'zod';
import { DelegationDesk, type Delegation } from './delegation-desk.js';

const delegated = z.strictObject({ product: accessProduct, level: accessLevel });

const delegationForm = z
  .strictObject({ products: z.array(delegated).min(1).max(accessProduct.options.length) })
  .meta({ id: 'DelegationGrant' });

const delegationList = z
  .object({
    delegations: z.array(
      z.object({
        bureau: z.uuid(),
        bureauName: z.string(),
        products: z.array(delegated),
        givenBy: z.string(),
        givenAt: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'Delegations' });

interface DelegationList {
  readonly delegations: readonly Delegation[];
}

@ApiTags('identity: bureaus')
@Permissions(companyAdministrator)
@Controller('api/identity/v1/companies/:company/delegations')
export class DelegationController {
  constructor(@Inject(DelegationDesk) private readonly desk: DelegationDesk) {}

  @Permissions(companyMember)
  @Get()
  @ApiOperation({ summary: 'Bureaus that act for the company: for which products, who let them, and when' })
  @ApiOkResponse({ standardSchema: delegationList })
  async list(@Param('company') company: string): Promise<DelegationList> {
    return { delegations: accepted(await this.desk.ofClient(company, commandContext())) };
  }

  @Put(':bureau')
  @ApiOperation({
    summary: 'Let a bureau act for the company',
    description:
      'The bureau is a registered company; its users may then do here what their roles at the bureau let them do there, up to these levels. All of it: what was given before and is not named ends.',
  })
  @ApiOkResponse({ standardSchema: delegationList })
  async give(
    @Param('company') company: string,
    @Param('bureau') bureau: string,
    @Body({ schema: delegationForm }) { products }: z.output<typeof delegationForm>,
  ): Promise<DelegationList> {
    return { delegations: accepted(await this.desk.give(company, bureau, products, commandContext())) };
  }

  @Delete(':bureau')
  @ApiOperation({ summary: 'A bureau may not act for the company any more' })
  @ApiOkResponse({ standardSchema: delegationList })
  async end(@Param('company') company: string, @Param('bureau') bureau: string): Promise<DelegationList> {
    return { delegations: accepted(await this.desk.end(company, bureau, commandContext())) };
  }
}
