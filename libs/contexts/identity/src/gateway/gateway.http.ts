import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  accepted,
  anyone,
  commandContext,
  companyAdministrator,
  companyGateway,
  companyMember,
  Permissions,
} from '@samspill/platform';
import type { z } from 'zod';
import { GatewayDesk, type Gateway, type OfferedPairing } from './gateway-desk.js';
import * as schemas from './gateway.schemas.js';

@ApiTags('identity: gateways')
@Permissions(companyAdministrator)
@Controller('api/identity/v1/companies/:company/gateways')
export class GatewayController {
  constructor(@Inject(GatewayDesk) private readonly desk: GatewayDesk) {}

  @Post()
  @ApiOperation({
    summary: 'Get a code by which one gateway can be paired, once',
    description: 'The code is shown in this answer only, and ends after a day.',
  })
  @ApiCreatedResponse({ standardSchema: schemas.offeredPairing })
  async offer(
    @Param('company') company: string,
    @Body({ schema: schemas.offerForm }) { name }: z.output<typeof schemas.offerForm>,
  ): Promise<OfferedPairing> {
    return accepted(await this.desk.offer(company, name, commandContext()));
  }

  @Permissions(companyMember)
  @Get()
  @ApiOperation({ summary: 'The company’s gateways: whether each is connected, and in which versions' })
  @ApiOkResponse({ standardSchema: schemas.gatewayList })
  async list(@Param('company') company: string): Promise<{ readonly gateways: readonly Gateway[] }> {
    return { gateways: accepted(await this.desk.list(company, commandContext())) };
  }

  @Permissions(companyGateway)
  @Put(':gateway/connection')
  @ApiOperation({
    summary: 'The gateway says that it is there, and in which versions',
    description: 'Again is harmless; whether the versions are enough is in the set-up guide.',
  })
  @ApiOkResponse({ standardSchema: schemas.gateway })
  async connect(
    @Param('company') company: string,
    @Param('gateway') gateway: string,
    @Body({ schema: schemas.reportForm }) report: z.output<typeof schemas.reportForm>,
  ): Promise<Gateway> {
    return accepted(await this.desk.connect(company, gateway, report, commandContext()));
  }

  @Permissions(companyGateway, companyAdministrator)
  @Delete(':gateway/connection')
  @ApiOperation({ summary: 'The gateway says that it leaves' })
  @ApiOkResponse({ standardSchema: schemas.gateway })
  async disconnect(@Param('company') company: string, @Param('gateway') gateway: string): Promise<Gateway> {
    return accepted(await this.desk.disconnect(company, gateway, commandContext()));
  }

  @Delete(':gateway')
  @ApiOperation({ summary: 'End the pairing: the gateway may do nothing any more' })
  @ApiOkResponse({ standardSchema: schemas.gateway })
  async unpair(@Param('company') company: string, @Param('gateway') gateway: string): Promise<Gateway> {
    return accepted(await this.desk.unpair(company, gateway, commandContext()));
  }
}

/** A gateway that is not paired yet is nobody: its code is all that it has. */
@ApiTags('identity: gateways')
@Permissions(anyone('its one-time code is the credential of a gateway that is not paired yet'))
@Controller('api/identity/v1/gateway-pairings')
export class GatewayPairingController {
  constructor(@Inject(GatewayDesk) private readonly desk: GatewayDesk) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Pair a gateway with a one-time code',
    description:
      'With the public key that it signs with from then on. Sent again with the same key it answers the same, so that a lost answer locks nobody out.',
  })
  @ApiOkResponse({ standardSchema: schemas.pairedGateway })
  async pair(
    @Body({ schema: schemas.pairingForm }) { code, key }: z.output<typeof schemas.pairingForm>,
  ): Promise<z.infer<typeof schemas.pairedGateway>> {
    return accepted(await this.desk.pair(code, key, commandContext()));
  }
}
