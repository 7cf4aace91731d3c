import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { accessLevel, accessProduct, platformProduct } from './products.js';

const company = z.uuid();
const user = z.uuid();
const platform = z.literal('platform');

/**
 * A user may do something: for a company (stream `identity.role/<company>/<user>`, key: the company), or for all services, which belongs
 * to no company (`identity.role/platform/<user>`, key: the user). Another level takes the place of the one before. Who gave it is the
 * event's actor.
 */
export const roleGranted = defineEvent({
  type: 'identity.role.granted',
  version: 1,
  schema: z.union([
    z.strictObject({ company, user, product: accessProduct, level: accessLevel }),
    z.strictObject({ company: platform, user, product: platformProduct, level: accessLevel }),
  ]),
});
export const roleRevoked = defineEvent({
  type: 'identity.role.revoked',
  version: 1,
  schema: z.union([
    z.strictObject({ company, user, product: accessProduct }),
    z.strictObject({ company: platform, user, product: platformProduct }),
  ]),
});

export const roleEvents = [roleGranted, roleRevoked] as const;
export type RoleEvent = EventOf<(typeof roleEvents)[number]>;
