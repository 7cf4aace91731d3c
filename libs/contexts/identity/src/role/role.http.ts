import { Body, Controller, Delete, Get, Inject, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { accessLevel, accessProduct, type AccessProduct } from '@samspill/contracts';
import { accepted, commandContext, companyAdministrator, operator, Permissions } from '@samspill/platform';
import { z } from 'zod';
import { reason } from '../user/user.schemas.js';
import { RoleDesk, type NamedUserRoles, type UserRoles } from './role-desk.js';

const roleForm = z
  .strictObject({ level: accessLevel.default('user').describe('user, unless it is said (W33)') })
  .meta({ id: 'RoleGrant' });

const userRoles = z
  .object({
    user: z.uuid(),
    roles: z.array(
      z.object({
        product: z.string(),
        level: accessLevel,
        grantedBy: z.string().describe('Who gave it'),
        grantedAt: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'UserRoles' });

const companyRoles = z
  .object({
    users: z.array(
      userRoles.extend({
        firstName: z.string().optional(),
        lastName: z.string().optional(),
        email: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'CompanyRoles' });

@ApiTags('identity: roles')
@Permissions(companyAdministrator)
@Controller('api/identity/v1/companies/:company/users')
export class RoleController {
  constructor(@Inject(RoleDesk) private readonly desk: RoleDesk) {}

  @Get()
  @ApiOperation({ summary: 'Who has a role for the company: which, who gave it, and when' })
  @ApiOkResponse({ standardSchema: companyRoles })
  async list(@Param('company') company: string): Promise<{ readonly users: readonly NamedUserRoles[] }> {
    return { users: accepted(await this.desk.ofCompany(company, commandContext())) };
  }

  @Put(':user/roles/:product')
  @ApiOperation({
    summary: 'Give a user a role for the company',
    description: 'Acts at once. Another level takes the place of the one before.',
  })
  @ApiOkResponse({ standardSchema: userRoles })
  async grant(
    @Param('company') company: string,
    @Param('user') user: string,
    @Param('product', { schema: accessProduct }) product: AccessProduct,
    @Body({ schema: roleForm }) { level }: z.output<typeof roleForm>,
  ): Promise<UserRoles> {
    return accepted(await this.desk.grant(company, user, product, level, commandContext()));
  }

  @Delete(':user/roles/:product')
  @ApiOperation({
    summary: 'Take a role from a user',
    description: 'Acts at once. The last administrator of a company stays one.',
  })
  @ApiOkResponse({ standardSchema: userRoles })
  async revoke(
    @Param('company') company: string,
    @Param('user') user: string,
    @Param('product', { schema: accessProduct }) product: AccessProduct,
  ): Promise<UserRoles> {
    return accepted(await this.desk.revoke(company, user, product, commandContext()));
  }
}

const appointment = z
  .strictObject({
    user: z.uuid(),
    reason,
  })
  .meta({ id: 'Appointment' });

/** For companies that nobody could look after otherwise. */
@ApiTags('identity: roles')
@Permissions(operator('admin'))
@Controller('api/identity/v1/companies/:company/first-administrator')
export class AppointmentController {
  constructor(@Inject(RoleDesk) private readonly desk: RoleDesk) {}

  @Put()
  @ApiOperation({
    summary: 'Make a user the administrator of a company that nobody administers',
    description:
      'One that was registered while nobody had to sign in, or whose last administrator has been forgotten. 409 where somebody administers it.',
  })
  @ApiOkResponse({ standardSchema: userRoles })
  async appoint(
    @Param('company') company: string,
    @Body({ schema: appointment }) { user, reason }: z.output<typeof appointment>,
  ): Promise<UserRoles> {
    return accepted(await this.desk.appoint(company, user, reason, commandContext()));
  }
}

/** Those who look after all services. */
@ApiTags('identity: operators')
@Permissions(operator('admin'))
@Controller('api/identity/v1/operators')
export class OperatorController {
  constructor(@Inject(RoleDesk) private readonly desk: RoleDesk) {}

  @Put(':user')
  @ApiOperation({ summary: 'Let a user look after all services' })
  @ApiOkResponse({ standardSchema: userRoles })
  async grant(
    @Param('user') user: string,
    @Body({ schema: roleForm }) { level }: z.output<typeof roleForm>,
  ): Promise<UserRoles> {
    return accepted(await this.desk.grantOperator(user, level, commandContext()));
  }

  @Delete(':user')
  @ApiOperation({ summary: 'A user does not look after the services any more' })
  @ApiOkResponse({ standardSchema: userRoles })
  async revoke(@Param('user') user: string): Promise<UserRoles> {
    return accepted(await this.desk.revokeOperator(user, commandContext()));
  }
}
