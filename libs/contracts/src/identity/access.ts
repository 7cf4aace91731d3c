import { delegationEvents, type DelegationEvent } from './delegation.js';
import { gatewayEvents, type GatewayEvent } from './gateway.js';
import { roleEvents, type RoleEvent } from './role.js';
import { userLockEvents, type UserLockEvent } from './user.js';

/** All that decides who may do what: every service reads it. */
export const accessEvents = [
  ...roleEvents,
  ...gatewayEvents,
  ...delegationEvents,
  ...userLockEvents,
] as const;
export type AccessEvent = RoleEvent | GatewayEvent | DelegationEvent | UserLockEvent;
