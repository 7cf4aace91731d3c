import { Body, Controller, Get, HttpCode, Inject, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import {
  accepted,
  commandContext,
  companiesOf,
  companyAdministrator,
  companyGateway,
  companyMember,
  currentAccess,
  operator,
  Permissions,
  signedIn,
} from '@samspill/platform';
import type { z } from 'zod';
import type { Product } from '@samspill/contracts';
import { CompanyDesk } from './company-desk.js';
import { CompanyList } from './company-list.js';
import type { Company } from './company.js';
import * as schemas from './company.schemas.js';

const PATH = 'api/identity/v1/companies';

/** What is used of the answer: the status and headers that depend on the outcome. */
interface Reply {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
}

@ApiTags('identity: companies')
@Permissions(companyAdministrator)
@Controller(PATH)
export class CompanyController {
  constructor(
    @Inject(CompanyDesk) private readonly desk: CompanyDesk,
    @Inject(CompanyList) private readonly list: CompanyList,
  ) {}

  @Permissions(signedIn)
  @Post()
  @ApiOperation({
    summary: 'Register a company',
    description:
      'Every missing or invalid field is named in one answer, and nothing is stored then. Two registrations of one organisation number cannot both win.',
  })
  @ApiCreatedResponse({ standardSchema: schemas.company, description: 'Registered' })
  @ApiOkResponse({
    standardSchema: schemas.company,
    description: 'This registration had been taken before, under the id in it',
  })
  async register(
    @Body({ schema: schemas.registrationForm }) form: unknown,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Company> {
    const { company, isChanged } = accepted(await this.desk.register(form, commandContext()));
    reply.code(isChanged ? 201 : 200);
    reply.header('location', `/${PATH}/${company.id}`);
    return company;
  }

  @Permissions(signedIn, operator('user'))
  @Get()
  @ApiOperation({
    summary: 'List companies, or find them by the beginning of a name or an organisation number',
    description:
      'In the order of their names, those that the caller has a role for; operators see all. A company appears here a moment after it was registered.',
  })
  @ApiOkResponse({ standardSchema: schemas.companyPage })
  async page(
    @Query({ schema: schemas.listQuery }) query: z.output<typeof schemas.listQuery>,
  ): Promise<z.infer<typeof schemas.companyPage>> {
    const access = currentAccess();
    const among = access === undefined || access.operator !== undefined ? undefined : companiesOf(access);
    const { companies, next } = await this.list.page(query.q, query.limit, query.cursor, among);
    return { companies: [...companies], ...(next ? { next: schemas.writeCursor(next) } : {}) };
  }

  @Permissions(companyMember, companyGateway, operator('user'))
  @Get(':company')
  @ApiOperation({ summary: 'A company as it is now' })
  @ApiOkResponse({ standardSchema: schemas.company })
  async get(@Param('company') id: string): Promise<Company> {
    return accepted(await this.desk.get(id, commandContext()));
  }

  @Put(':company')
  @ApiOperation({
    summary: 'Change the name and the address of a company',
    description:
      'The whole of what may change; organisation number and country may be sent along but not changed.',
  })
  @ApiOkResponse({ standardSchema: schemas.company })
  async changeDetails(
    @Param('company') id: string,
    @Body({ schema: schemas.changeForm }) form: unknown,
  ): Promise<Company> {
    return accepted(await this.desk.changeDetails(id, form, commandContext())).company;
  }

  @Put(':company/synchronisation/:product')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Switch synchronisation of a company on or off',
    description:
      'Takes effect live. Cannot be switched on before every earlier step is done; the refusal names what is missing.',
  })
  @ApiParam({ name: 'product', enum: schemas.productName.options })
  @ApiOkResponse({ standardSchema: schemas.company })
  async switchSynchronisation(
    @Param('company') id: string,
    @Param('product', { schema: schemas.productName }) product: Product,
    @Body({ schema: schemas.switchForm }) { enabled }: z.infer<typeof schemas.switchForm>,
  ): Promise<Company> {
    return accepted(await this.desk.switchSynchronisation(id, product, enabled, commandContext())).company;
  }
}
