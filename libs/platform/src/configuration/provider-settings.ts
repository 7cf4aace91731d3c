import type { z } from 'zod';

import type { SecondFactorOf } from '../access/access-tokens.js';
import { allOrNone, type Environment, type SettingFault } from './read-settings.js';
import type { signInSettings } from './sign-in-settings.js';
import { smtpUrl, text, webOrigin, wholeNumber } from './setting-types.js';

/** A cloud's load balancer, an Ingress, a mesh, and room for what others have. */
const MAX_PROXIES = 10;

/** Where people sign in, and how they are written to. */
export const providerSettings = {
  SAMSPILL_PUBLIC_ORIGIN: webOrigin().optional().meta({
    description:
      'Origin under which people and clients reach all services, such as https://samspill.example.com; identity-registration is the OpenID provider then, and its issuer is this and /api/identity/oidc',
  }),
  SAMSPILL_SMTP_URL: smtpUrl().optional().meta({
    description:
      'Server that takes mail, as smtp://user:password@host:587 or smtps://…; mails wait until it is set',
    secret: true,
  }),
  SAMSPILL_MAIL_FROM: text()
    .optional()
    .meta({ description: 'Sender of mails, such as Samspill <no-reply@example.com>' }),
  SAMSPILL_HTTP_PROXIES: wholeNumber(0, MAX_PROXIES).prefault('0').meta({
    description:
      'Proxies one behind the other in front of the service, each of which adds to X-Forwarded-For the address that it was asked from: attempts to sign in are counted by the one that the outermost saw. What a client writes there itself does not count. Above 0 only where nobody can pass by them',
  }),
} as const;

type Settings = z.output<
  z.ZodObject<typeof providerSettings & Pick<typeof signInSettings, 'SAMSPILL_SECOND_FACTOR'>>
>;

/** How mail leaves. `mailbox`: it does not, and is shown on a page of this machine. */
export type MailConfiguration =
  { readonly kind: 'smtp'; readonly url: string; readonly from: string } | { readonly kind: 'mailbox' };

export interface ProviderConfiguration {
  /** Such as `https://samspill.example.com`, without a slash at the end. */
  readonly publicOrigin: string;
  /** Who has to have a second factor; `administrators` unless given. */
  readonly secondFactor?: SecondFactorOf;
  /** Absent: mails wait. */
  readonly mail?: MailConfiguration;
}

export function providerConfiguration(settings: Settings): ProviderConfiguration | undefined {
  const { SAMSPILL_PUBLIC_ORIGIN: origin, SAMSPILL_SMTP_URL: url, SAMSPILL_MAIL_FROM: from } = settings;
  if (origin === undefined) return undefined;
  return {
    publicOrigin: origin,
    secondFactor: settings.SAMSPILL_SECOND_FACTOR,
    ...(url !== undefined && from !== undefined && { mail: { kind: 'smtp', url, from } }),
  };
}

export function mailIsWhole(given: Environment): readonly SettingFault[] {
  return allOrNone(['SAMSPILL_SMTP_URL', 'SAMSPILL_MAIL_FROM'], given);
}
