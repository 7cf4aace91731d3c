import type { Database } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';

import { accessOf, type Access, type GrantOfCaller } from './access.js';
import { GRANTS_VIEW, lockOf } from './grants.projection.js';

/**
 * How long grants in memory count before it is asked whether any has changed. With what the log and the projection need, a role that is
 * taken acts in well under a second (C22).
 */
export const CHECK_EVERY_MS = 200;
/** Where the database cannot be asked, grants count for this long and no longer: somebody may have lost theirs meanwhile. */
export const MAX_AGE_MS = 5_000;
/** Callers whose grants are held: 100 MB where each has a hundred companies. The ones asked for longest ago go first. */
const MAX_CALLERS = 10_000;

/** A caller's own rows and its lock (index `principal`), and those of bureaus that it has roles for. */
const GRANTS_SQL = `
  WITH own AS MATERIALIZED (SELECT company, principal, kind, roles FROM ${GRANTS_VIEW} WHERE principal IN ($1, $2))
  SELECT company, principal, kind, roles FROM own
  UNION ALL
  SELECT d.company, d.principal, d.kind, d.roles FROM ${GRANTS_VIEW} d
  WHERE d.kind = 'bureau' AND d.principal IN (SELECT company FROM own WHERE kind = 'user')`;

export interface GrantsDependencies {
  readonly database: Database;
  /** Says something else whenever grants have, or may have, changed: how far the projection has come. */
  readonly progress: () => Promise<string>;
  readonly nowMs?: () => number;
}

/**
 * What callers may do, from this service's own projection. In memory while nothing changes; every pod looks for itself, so that all of
 * them agree within {@link CHECK_EVERY_MS}.
 */
export class Grants {
  readonly #held = new Map<string, Access>();
  readonly #nowMs: () => number;
  #progress: string | undefined;
  /** When it was last known that what is held is right. */
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  /** When it was last asked, whatever came of it. */
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;

  constructor(private readonly dependencies: GrantsDependencies) {
    this.#nowMs = dependencies.nowMs ?? (() => performance.now());
  }

  /**
   * What a caller may do now; without a promise where it is known, which is nearly always.
   * @throws PlatformError `access.grants-unknown`, retryable, where it cannot be known
   */
  of(caller: string): Access | Promise<Access> {
    const held = this.#held.get(caller);
    if (held && this.#nowMs() - this.#checkedAtMs < CHECK_EVERY_MS) return held;
    return this.#ofChecked(caller);
  }

  async #ofChecked(caller: string): Promise<Access> {
    await this.#check();
    const held = this.#held.get(caller);
    if (held) return held;
    const before = this.#progress;
    const access = await this.#read(caller);
    // What was read while grants changed may be from before: it is good for this request, and not kept.
    if (before !== undefined && before === this.#progress) this.#keep(caller, access);
    return access;
  }

  /** Once for all who wait, and not more often than it is due. */
  async #check(): Promise<void> {
    if (this.#nowMs() - this.#askedAtMs < CHECK_EVERY_MS && this.#checking === undefined) {
      this.#requireFresh();
      return;
    }
    this.#checking ??= this.#lookForChanges().finally(() => {
      this.#checking = undefined;
    });
    await this.#checking;
    this.#requireFresh();
  }

  async #lookForChanges(): Promise<void> {
    const beganMs = this.#nowMs();
    this.#askedAtMs = beganMs;
    try {
      const progress = await this.dependencies.progress();
      if (progress !== this.#progress) this.#held.clear();
      this.#progress = progress;
      this.#checkedAtMs = beganMs;
    } catch (error) {
      if (beganMs - this.#checkedAtMs > MAX_AGE_MS) throw unknownGrants(error);
    }
  }

  #requireFresh(): void {
    if (this.#nowMs() - this.#checkedAtMs > MAX_AGE_MS) throw unknownGrants();
  }

  async #read(caller: string): Promise<Access> {
    const rows = await this.dependencies.database.withClient(async (client) => {
      const result = await client.query<GrantOfCaller>({
        name: 'access-grants',
        text: GRANTS_SQL,
        values: [caller, lockOf(caller)],
      });
      return result.rows;
    });
    return accessOf(caller, rows);
  }

  #keep(caller: string, access: Access): void {
    this.#held.set(caller, access);
    if (this.#held.size <= MAX_CALLERS) return;
    for (const oldest of this.#held.keys()) {
      this.#held.delete(oldest);
      break;
    }
  }
}

function unknownGrants(cause?: unknown): PlatformError {
  return new PlatformError(
    'access.grants-unknown',
    'Who may do what cannot be looked up right now, and what was known is too old to count.',
    true,
    { cause },
  );
}
