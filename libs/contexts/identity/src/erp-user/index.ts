import type { Provider, Type } from '@nestjs/common';
import type { ContextDependencies } from '@samspill/platform';
import { UserDesk } from '../user/user-desk.js';
import { ErpIntake } from './erp-intake.js';
import { ErpUserDesk } from './erp-user-desk.js';
import { ErpUserList } from './erp-user-list.js';
import { ErpIntakeController, ErpUserController } from './erp-user.http.js';

/** Users of companies' business systems, and how they become users here. */
export const erpUserControllers: readonly Type[] = [ErpIntakeController, ErpUserController];

export function erpUserProviders({ eventLog, database }: ContextDependencies): readonly Provider[] {
  return [
    { provide: ErpIntake, useValue: new ErpIntake(eventLog) },
    { provide: ErpUserDesk, useValue: new ErpUserDesk(eventLog, new UserDesk(eventLog)) },
    { provide: ErpUserList, useValue: new ErpUserList(database) },
  ];
}
