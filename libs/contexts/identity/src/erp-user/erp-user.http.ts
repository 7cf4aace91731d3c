import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import {
  accepted,
  BodyLimit,
  commandContext,
  companyAdministrator,
  companyGateway,
  Permissions,
} from '@samspill/platform';
import type { z } from 'zod';
import { ErpIntake, type ErpTakenIn } from './erp-intake.js';
import { SeenUsers } from '../role/seen-users.js';
import { ErpUserDesk } from './erp-user-desk.js';
import { ErpUserList } from './erp-user-list.js';
import * as schemas from './erp-user.schemas.js';

/** As many users and employees as there may be, some 400 bytes each. */
const REPORT_LIMIT_BYTES = 5 * 1024 * 1024;

/** What is used of the answer: the status, which depends on the outcome. */
interface Reply {
  code(status: number): unknown;
}

@ApiTags('identity: users of the business system')
@Permissions(companyGateway)
@Controller('api/identity/v1/companies/:company/gateways/:gateway/erp-users')
export class ErpIntakeController {
  constructor(@Inject(ErpIntake) private readonly intake: ErpIntake) {}

  @Put()
  @BodyLimit(REPORT_LIMIT_BYTES)
  @ApiOperation({
    summary: 'The gateway tells who works in the business system: all its users, and all employees',
    description:
      'Always all of them: who is not sent is gone. Every fault of every line is named in one answer, and nothing is stored then. Again is harmless.',
  })
  @ApiOkResponse({ standardSchema: schemas.erpTakenIn })
  async take(
    @Param('company') company: string,
    @Param('gateway') gateway: string,
    @Body({ schema: schemas.erpSnapshot }) snapshot: unknown,
  ): Promise<ErpTakenIn> {
    return accepted(await this.intake.take(company, gateway, snapshot, commandContext()));
  }
}

@ApiTags('identity: users of the business system')
@Permissions(companyAdministrator)
@Controller('api/identity/v1/companies/:company')
export class ErpUserController {
  constructor(
    @Inject(ErpUserDesk) private readonly desk: ErpUserDesk,
    @Inject(ErpUserList) private readonly list: ErpUserList,
    @Inject(SeenUsers) private readonly seen: SeenUsers,
  ) {}

  @Get('erp-users')
  @ApiOperation({
    summary:
      'Users of the company’s business system, the employee each is linked to, and the user each is here',
    description:
      'In the order of their numbers. Give and take roles of those who are registered at /users/{user}/roles.',
  })
  @ApiOkResponse({ standardSchema: schemas.erpUserPage })
  async users(
    @Param('company') company: string,
    @Query({ schema: schemas.erpUsersQuery }) { limit, after }: z.output<typeof schemas.erpUsersQuery>,
  ): Promise<z.infer<typeof schemas.erpUserPage>> {
    return { users: await this.list.users(company, limit, after) };
  }

  @Get('employees')
  @ApiOperation({ summary: 'Employees of the company, for linking: in the order of their names' })
  @ApiOkResponse({ standardSchema: schemas.employeePage })
  async employees(
    @Param('company') company: string,
    @Query({ schema: schemas.employeesQuery }) { q, limit, after }: z.output<typeof schemas.employeesQuery>,
  ): Promise<z.infer<typeof schemas.employeePage>> {
    return { employees: await this.list.employees(company, q, limit, after) };
  }

  @Put('erp-users/:number/employee')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Say which employee a user of the business system is',
    description: 'Counts before what the business system says itself.',
  })
  @ApiNoContentResponse()
  async link(
    @Param('company') company: string,
    @Param('number') number: string,
    @Body({ schema: schemas.linkForm }) { employee }: z.output<typeof schemas.linkForm>,
  ): Promise<void> {
    accepted(await this.desk.link(company, number, employee, commandContext()));
  }

  @Delete('erp-users/:number/employee')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take that back: what the business system says counts again' })
  @ApiNoContentResponse()
  async unlink(@Param('company') company: string, @Param('number') number: string): Promise<void> {
    accepted(await this.desk.unlink(company, number, commandContext()));
  }

  @Post('erp-users/:number/registration')
  @ApiOperation({
    summary: '«Registrer bruker»: register a user of the business system with their employee’s address',
    description:
      'They get a mail, and no access before a role is given. Somebody who is registered with the address already is linked. Who it is, is answered only where the user has a role in a company that the caller administers. Again is harmless.',
  })
  @ApiCreatedResponse({ standardSchema: schemas.registeredErpUser })
  @ApiOkResponse({ standardSchema: schemas.registeredErpUser, description: 'They are a user now' })
  async register(
    @Param('company') company: string,
    @Param('number') number: string,
    @Body({ schema: schemas.registrationForm }) words: z.output<typeof schemas.registrationForm>,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<z.infer<typeof schemas.registeredErpUser>> {
    const context = commandContext();
    const registered = accepted(await this.desk.register(company, number, words, context));
    const { status, user, message } = await this.seen.registration(registered, context);
    reply.code(status);
    return { message, user };
  }
}
