import { interactionPolicy } from 'oidc-provider';
import type { RequiredFactors } from '../credentials/required-factors.js';

/** RFC 8176: several factors were used. */
export const SEVERAL_FACTORS = 'mfa';

/**
 * When people are asked to sign in: as the standard has it, and where they need a second factor and their session is without, such as one
 * from before they were made an administrator.
 */
export function signInPolicy(required: RequiredFactors): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('second_factor', 'a second factor is required', async ({ oidc }) => {
      const { accountId, amr } = oidc.session ?? {};
      if (accountId === undefined || amr?.includes(SEVERAL_FACTORS) === true)
        return interactionPolicy.Check.NO_NEED_TO_PROMPT;
      return await required.areRequiredOf(accountId);
    }),
  );
  return policy;
}
