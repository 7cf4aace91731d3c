import type { z } from 'zod';

import { BREAK_GLASS_MIN_LENGTH } from '../access/break-glass.js';
import type { SignInConfiguration } from '../access/sign-in.js';
import type { Environment, SettingFault } from './read-settings.js';
import { httpUrl, oneOf, text } from './setting-types.js';

const ISSUER = 'SAMSPILL_SIGN_IN_ISSUER';

export const signInSettings = {
  [ISSUER]: httpUrl().optional().meta({
    description:
      'Turns sign-in on: the issuer of access tokens, as they name it, such as https://samspill.example/api/identity/oidc. Everything is denied then that no role allows',
  }),
  SAMSPILL_SIGN_IN_JWKS_URL: httpUrl().optional().meta({
    description:
      "Where the issuer's public keys are, if this process reaches them elsewhere than at the issuer's /jwks",
  }),
  SAMSPILL_SECOND_FACTOR: oneOf(['administrators', 'nobody']).prefault('administrators').meta({
    description:
      'Who must have a second factor: administrators of companies and operators, whose roles count only in a session with one, or nobody. The same for all services',
  }),
  SAMSPILL_BREAK_GLASS: text()
    .min(BREAK_GLASS_MIN_LENGTH, { error: `must have at least ${BREAK_GLASS_MIN_LENGTH} characters` })
    .optional()
    .meta({
      description:
        'A credential that works for operators when sign-in is broken; each use of it is written down. Without it there is none',
      secret: true,
    }),
} as const;

type Settings = z.output<z.ZodObject<typeof signInSettings>>;

/** undefined where sign-in is off. */
export function signInConfiguration(settings: Settings): SignInConfiguration | undefined {
  const {
    [ISSUER]: issuer,
    SAMSPILL_SIGN_IN_JWKS_URL: jwksUrl,
    SAMSPILL_BREAK_GLASS: breakGlass,
    SAMSPILL_SECOND_FACTOR: secondFactor,
  } = settings;
  if (issuer === undefined) return undefined;
  return {
    issuer,
    jwksUrl: new URL(jwksUrl ?? `${issuer.replace(/\/$/, '')}/jwks`),
    secondFactor,
    ...(breakGlass !== undefined && { breakGlass }),
  };
}

/** What only makes sense with sign-in is a slip without. */
export function signInIsWhole(given: Environment): readonly SettingFault[] {
  if (given[ISSUER] !== undefined) return [];
  return ['SAMSPILL_SIGN_IN_JWKS_URL', 'SAMSPILL_BREAK_GLASS']
    .filter((name) => given[name] !== undefined)
    .map((name) => ({ name, detail: `is set, although ${ISSUER} is not` }));
}
