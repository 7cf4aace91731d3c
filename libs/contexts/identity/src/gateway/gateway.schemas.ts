import { gatewayKey } from '@samspill/contracts';
import { z } from 'zod';
import { PAIRING_CODE_MAX_LENGTH } from './pairing-code.js';

const NAME_MAX_LENGTH = 100;
const VERSION_MAX_LENGTH = 50;

const version = z.string().min(1).max(VERSION_MAX_LENGTH);
const name = z.string().trim().min(1).max(NAME_MAX_LENGTH);

export const offerForm = z
  .strictObject({ name: name.describe('What people call it, e.g. where it stands') })
  .meta({ id: 'GatewayOffer' });

export const pairingForm = z
  .strictObject({
    code: z.string().max(PAIRING_CODE_MAX_LENGTH).describe('As it was shown where it was made'),
    key: gatewayKey.describe('Public key (JWK) that the gateway’s signatures are checked with'),
  })
  .meta({ id: 'GatewayPairing' });

export const reportForm = z
  .strictObject({
    gatewayVersion: version.meta({ example: '5.3.1' }),
    erp: z.strictObject({
      product: z.string().min(1).max(NAME_MAX_LENGTH).meta({ example: 'visma-global' }),
      version: version.meta({ example: '13.02' }),
    }),
    webfakturaAdmin: z.exactOptional(version).describe('WebFaktura Admin (Sync), where it is installed'),
  })
  .meta({ id: 'GatewayReport' });

export const gateway = z
  .object({
    id: z.uuid(),
    name: z.string(),
    state: z.enum(['offered', 'connected', 'disconnected', 'unpaired']),
    validUntil: z.iso.datetime().optional().describe('Of its pairing code, where it is not paired yet'),
    report: reportForm.optional().describe('What it last said of itself'),
  })
  .meta({ id: 'Gateway' });

export const gatewayList = z.object({ gateways: z.array(gateway) });

export const offeredPairing = z
  .object({ gateway: z.uuid(), code: z.string().describe('Shown this once'), validUntil: z.iso.datetime() })
  .meta({ id: 'OfferedPairing' });

export const pairedGateway = z
  .object({ company: z.uuid().describe('«Firma ID»'), gateway: z.uuid().describe('Its client id as well') })
  .meta({ id: 'PairedGateway' });
