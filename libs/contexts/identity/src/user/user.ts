import type { UserLanguage } from '@samspill/contracts';

/**
 * Where somebody stands on the way to their first sign-in. `invited`: the address has not shown itself to be theirs. `activated`: it has,
 * and there is no password yet. `ready`: may sign in, unless locked.
 */
export type UserStage = 'invited' | 'activated' | 'ready';

/** A user as administrators see them (C16, C18). */
export interface User {
  /** UUIDv7. */
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  /** Also the user name. */
  readonly email: string;
  readonly language: UserLanguage;
  readonly stage: UserStage;
  readonly isLocked: boolean;
  /** RFC 3339 in UTC. */
  readonly registeredAt: string;
}
