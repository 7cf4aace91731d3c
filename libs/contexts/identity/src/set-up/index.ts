import type { Provider, Type } from '@nestjs/common';
import type { ContextDependencies } from '@samspill/platform';
import type { CompanyDesk } from '../company/company-desk.js';
import { DelegationDesk } from '../delegation/delegation-desk.js';
import { DelegationController } from '../delegation/delegation.http.js';
import { GatewayDesk } from '../gateway/gateway-desk.js';
import { GatewayController, GatewayPairingController } from '../gateway/gateway.http.js';
import { LicenceExpiry } from '../licence/licence-expiry.js';
import { RoleDesk } from '../role/role-desk.js';
import { AppointmentController, OperatorController, RoleController } from '../role/role.http.js';
import { SetUpController } from './set-up.http.js';

/** What stands between a company's registration and its products: the guide, gateways, roles, bureaus. */
export const setUpControllers: readonly Type[] = [
  SetUpController,
  GatewayController,
  GatewayPairingController,
  RoleController,
  AppointmentController,
  OperatorController,
  DelegationController,
];

export function setUpProviders(
  { eventLog, database, logger }: ContextDependencies,
  desk: CompanyDesk,
): readonly Provider[] {
  return [
    { provide: GatewayDesk, useValue: new GatewayDesk(eventLog) },
    { provide: RoleDesk, useValue: new RoleDesk(eventLog) },
    { provide: LicenceExpiry, useValue: new LicenceExpiry({ database, desk, logger }) },
    { provide: DelegationDesk, useValue: new DelegationDesk(eventLog) },
  ];
}
