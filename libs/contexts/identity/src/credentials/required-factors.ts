import type { Database } from '@samspill/eventlog';
import { GRANTS_VIEW, type SecondFactorOf } from '@samspill/platform';
import { z } from 'zod';

/** By the index `principal`: whether somebody administers a company, or looks after the services. */
const ADMINISTERS_SQL = `
  SELECT EXISTS (
    SELECT FROM ${GRANTS_VIEW} WHERE principal = $1 AND (kind = 'operator' OR (kind = 'user' AND roles ? 'administration'))
  ) AS administers`;

const row = z.object({ administers: z.boolean() });

/**
 * Who has to have a second factor. Read from the projection of grants: whoever was made an administrator a moment ago is asked at the next
 * sign-in, and until then every service refuses what administrators do.
 */
export class RequiredFactors {
  constructor(
    private readonly database: Database,
    private readonly of: SecondFactorOf = 'administrators',
  ) {}

  async areRequiredOf(user: string): Promise<boolean> {
    if (this.of === 'nobody') return false;
    const { rows } = await this.database.withClient((client) => client.query(ADMINISTERS_SQL, [user]));
    return z.array(row).parse(rows)[0]?.administers === true;
  }
}
