import { z } from 'zod';
import { hubSpotSecrets } from '../hubspot/connect-hubspot.js';
import { superOfficeSecrets } from '../superoffice/connect-superoffice.js';

const account = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .describe('What the account is called, for people to tell it by');

/** What somebody says to connect a company; the secrets in it go in and never out. */
export const connectionForm = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('hubspot'),
      account,
      secrets: hubSpotSecrets.describe(
        'A private app’s token, or the refresh token that a user has given our own app. Scopes: crm.objects and crm.schemas of companies, contacts and orders, read and write',
      ),
    }),
    z.strictObject({
      kind: z.literal('superoffice'),
      account,
      secrets: superOfficeSecrets.describe('What SuperOffice’s system user signs in with'),
    }),
  ])
  .meta({ id: 'CrmConnectionForm' });
export type ConnectionForm = z.infer<typeof connectionForm>;
export type VendorKind = ConnectionForm['kind'];
/** All that a company can be connected to. */
export const VENDORS: readonly VendorKind[] = connectionForm.options.map(({ shape }) => shape.kind.value);

/** A connection as it is shown: never what signs us in. */
export const connectionAnswer = z
  .object({
    company: z.string(),
    kind: z.enum(VENDORS),
    account: z.string(),
    connectedAt: z.iso.datetime(),
    connectedBy: z.string(),
    secrets: z
      .enum(['kept', 'unreadable'])
      .describe(
        'Unreadable where the service lacks the master key that they were sealed with: connect again',
      ),
  })
  .meta({ id: 'CrmConnection' });
export type ConnectionAnswer = z.infer<typeof connectionAnswer>;
