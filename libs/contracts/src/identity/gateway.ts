import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';

/** A public key as RFC 7517 writes it: what a gateway's signatures are checked with. Curves of RFC 7518 6.2 and RFC 8037. */
export const gatewayKey = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
]);
export type GatewayKey = z.infer<typeof gatewayKey>;

/** What runs at the customer's, as the gateway reports it. */
export const gatewayReport = z.strictObject({
  gatewayVersion: z.string(),
  erp: z.strictObject({ product: z.string(), version: z.string() }),
  /** Version of WebFaktura Admin (Sync), where it is installed. */
  webfakturaAdmin: z.exactOptional(z.string()),
});
export type GatewayReport = z.infer<typeof gatewayReport>;

/** A code was handed out by which one gateway can be paired once. */
export const gatewayPairingOffered = defineEvent({
  type: 'identity.gateway.pairing-offered',
  version: 1,
  schema: z.strictObject({
    name: z.string(),
    /** SHA-256 of the code's secret, hex. The secret has 128 random bits, so that nobody finds it from this. */
    secretHash: z.string(),
    validUntil: z.iso.datetime(),
  }),
});
export const gatewayPaired = defineEvent({
  type: 'identity.gateway.paired',
  version: 1,
  schema: z.strictObject({ key: gatewayKey }),
});
export const gatewayConnected = defineEvent({
  type: 'identity.gateway.connected',
  version: 1,
  schema: gatewayReport,
});
export const gatewayDisconnected = defineEvent({
  type: 'identity.gateway.disconnected',
  version: 1,
  schema: z.strictObject({}),
});
/** It may do nothing any more. */
export const gatewayUnpaired = defineEvent({
  type: 'identity.gateway.unpaired',
  version: 1,
  schema: z.strictObject({}),
});

/** Of one gateway of a company: `identity.gateway/<company>/<gateway>`. */
export const gatewayEvents = [
  gatewayPairingOffered,
  gatewayPaired,
  gatewayConnected,
  gatewayDisconnected,
  gatewayUnpaired,
] as const;
export type GatewayEvent = EventOf<(typeof gatewayEvents)[number]>;
