import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { accepted, commandContext, companyAdministrator, companyRole, Permissions } from '@samspill/platform';
import { ConnectionDesk } from './connection-desk.js';
import {
  connectionAnswer,
  connectionForm,
  type ConnectionAnswer,
  type ConnectionForm,
} from './connection-form.js';

/** Who gives away the company's customers to a CRM, or takes them away, answers for it (L2). */
@ApiTags('crm: connection')
@Permissions(companyRole('crm', 'admin'), companyAdministrator)
@Controller('api/crm/v1/companies/:company/connection')
export class ConnectionController {
  constructor(@Inject(ConnectionDesk) private readonly desk: ConnectionDesk) {}

  @Get()
  @ApiOperation({ summary: 'Which CRM the company is connected to; never what signs in there' })
  @ApiOkResponse({ standardSchema: connectionAnswer })
  async get(@Param('company') company: string): Promise<ConnectionAnswer> {
    return accepted(await this.desk.get(company));
  }

  @Put()
  @ApiOperation({
    summary: 'Connect the company to its CRM, or connect it anew',
    description:
      'Every fault is named in one answer, and nothing is stored then. Secrets are sealed and never shown again. Where it is another account than before, all of the company’s records are gone over again there. Ask for POST …/link/check to see whether the CRM can be worked with. That it was done is on record; the secrets are not.',
  })
  @ApiOkResponse({ standardSchema: connectionAnswer })
  async connect(
    @Param('company') company: string,
    @Body({ schema: connectionForm }) form: ConnectionForm,
  ): Promise<ConnectionAnswer> {
    return accepted(await this.desk.connect(company, form, commandContext()));
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Disconnect the company: its secrets are deleted',
    description:
      'What is in the CRM stays there. The link waits, and says so, until the company is connected again.',
  })
  @ApiNoContentResponse()
  async disconnect(@Param('company') company: string): Promise<void> {
    accepted(await this.desk.disconnect(company, commandContext()));
  }
}
