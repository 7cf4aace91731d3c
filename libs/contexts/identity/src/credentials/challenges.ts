import { createHash, randomBytes } from 'node:crypto';
import type { Database } from '@samspill/eventlog';

/** WebAuthn Level 3, 13.4.3: at least 16. */
const BYTES = 32;
/** As long as somebody may look for their security key. */
const VALID_MS = 10 * 60_000;

const ISSUE_SQL =
  'INSERT INTO identity.challenge (hash, purpose, subject, expires_at) VALUES ($1, $2, $3, $4)';
/** Of two that use a challenge at once, one finds it gone. */
const USE_SQL = `
  DELETE FROM identity.challenge WHERE hash = $1 AND purpose = $2 AND subject = $3 AND expires_at > $4`;
const TIDY_SQL = 'DELETE FROM identity.challenge WHERE expires_at < $1';

/** What a passkey signs a challenge for: to be registered, to sign somebody in by itself, to be their second factor. */
export type ChallengePurpose = 'register' | 'sign-in' | 'second-factor';

/** Challenges for passkeys: each signed once, in the place that it was issued for. Only their hashes are kept. */
export class Challenges {
  constructor(private readonly database: Database) {}

  /** @param subject whom or what it is for: a user, or a sign-in that has begun */
  async issue(purpose: ChallengePurpose, subject: string, now: Date): Promise<Uint8Array<ArrayBuffer>> {
    const challenge = new Uint8Array(randomBytes(BYTES));
    const values = [hashOf(challenge), purpose, subject, new Date(now.getTime() + VALID_MS)];
    await this.database.withClient((client) => client.query(ISSUE_SQL, values));
    return challenge;
  }

  /** Whether a challenge was issued for this and has not been used; it is used then. @param challenge in base64url */
  async use(challenge: string, purpose: ChallengePurpose, subject: string, now: Date): Promise<boolean> {
    const values = [hashOf(Buffer.from(challenge, 'base64url')), purpose, subject, now];
    const { rowCount } = await this.database.withClient((client) => client.query(USE_SQL, values));
    return rowCount === 1;
  }

  /** Removes what can be used no more. */
  async tidy(now: Date): Promise<void> {
    await this.database.withClient((client) => client.query(TIDY_SQL, [now]));
  }
}

function hashOf(challenge: Uint8Array): Buffer {
  return createHash('sha256').update(challenge).digest();
}
