import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { accessLevel, accessProduct } from './products.js';

/**
 * A company lets a bureau, which is a registered company as well, act for it: the bureau's users may do here what their role at the bureau
 * lets them do there, for these products and up to these levels. Stream `identity.delegation/<client>/<bureau>`, key: the client.
 */
export const delegationGiven = defineEvent({
  type: 'identity.delegation.given',
  version: 1,
  schema: z.strictObject({
    client: z.uuid(),
    bureau: z.uuid(),
    products: z.array(z.strictObject({ product: accessProduct, level: accessLevel })).min(1),
  }),
});
export const delegationEnded = defineEvent({
  type: 'identity.delegation.ended',
  version: 1,
  schema: z.strictObject({ client: z.uuid(), bureau: z.uuid() }),
});

export const delegationEvents = [delegationGiven, delegationEnded] as const;
export type DelegationEvent = EventOf<(typeof delegationEvents)[number]>;
