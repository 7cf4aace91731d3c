import { createHash } from 'node:crypto';
import type { Database } from '@samspill/eventlog';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { z } from 'zod';

const UPSERT_SQL = `
  INSERT INTO identity.oidc (model, id, payload, account, grant_id, uid, user_code, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, account = excluded.account, grant_id = excluded.grant_id,
    uid = excluded.uid, user_code = excluded.user_code, expires_at = excluded.expires_at`;
const NOT_EXPIRED = '(expires_at IS NULL OR expires_at > now())';
/** By the primary key. */
const FIND_SQL = `SELECT payload, consumed_at FROM identity.oidc WHERE model = $1 AND id = $2 AND ${NOT_EXPIRED}`;
/** By the indexes oidc_uid and oidc_user_code. */
const BY_UID_SQL = `SELECT payload, consumed_at FROM identity.oidc WHERE model = $1 AND uid = $2 AND ${NOT_EXPIRED}`;
const BY_CODE_SQL = `SELECT payload, consumed_at FROM identity.oidc WHERE model = $1 AND user_code = $2 AND ${NOT_EXPIRED}`;
/** Of two that use a token at once, one finds it used. */
const CONSUME_SQL =
  'UPDATE identity.oidc SET consumed_at = now() WHERE model = $1 AND id = $2 AND consumed_at IS NULL';
const DESTROY_SQL = 'DELETE FROM identity.oidc WHERE model = $1 AND id = $2';
const REVOKE_SQL = 'DELETE FROM identity.oidc WHERE grant_id = $1';
const TIDY_SQL = 'DELETE FROM identity.oidc WHERE expires_at < now()';
const SESSIONS_SQL = `
  SELECT id, payload, expires_at FROM identity.oidc
  WHERE model = 'Session' AND account = $1 AND ${NOT_EXPIRED} ORDER BY payload->>'loginTs' DESC`;
/** A session, and what was granted in it. */
const END_SQL = `
  WITH ended AS (DELETE FROM identity.oidc WHERE model = 'Session' AND account = $1 AND id = $2 RETURNING payload)
  DELETE FROM identity.oidc o USING ended e
  WHERE o.account = $1 AND (o.payload->>'sessionUid' = e.payload->>'uid'
    OR o.grant_id IN (SELECT a.value->>'grantId' FROM jsonb_each(coalesce(e.payload->'authorizations', '{}')) a))`;

const MS_PER_SECOND = 1000;
/** What these are called is what they are worth: whoever reads the table must not be able to use them. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['Session', 'AuthorizationCode', 'RefreshToken']);

const row = z.object({ payload: z.record(z.string(), z.unknown()), consumed_at: z.date().nullable() });
const sessionRow = z.object({
  id: z.string(),
  payload: z.object({ loginTs: z.number().optional() }),
  expires_at: z.date().nullable(),
});

/** Somebody being signed in in a browser. */
export interface OpenSession {
  /** Names it, and does not let anybody use it. */
  readonly id: string;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
}

/** What the OpenID provider keeps, in Postgres, so that any process can go on with what another began. */
export class OidcStore {
  constructor(private readonly database: Database) {}

  adapter(model: string): Adapter {
    const name = (id: string): string => storedName(model, id);
    return {
      upsert: async (id, payload, expiresIn) => {
        const { jti, ...rest } = payload;
        const kept = SECRET_NAMES.has(model) ? rest : { jti, ...rest };
        const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * MS_PER_SECOND) : null;
        const account = payload.accountId ?? null;
        const grant = payload.grantId ?? (model === 'Grant' ? id : null);
        const values = [
          model,
          name(id),
          JSON.stringify(kept),
          account,
          grant,
          payload.uid ?? null,
          payload.userCode ?? null,
          expiresAt,
        ];
        await this.#run(UPSERT_SQL, values);
      },
      find: async (id) => withName(id, await this.#find(FIND_SQL, [model, name(id)])),
      findByUid: (uid) => this.#find(BY_UID_SQL, [model, uid]),
      findByUserCode: (code) => this.#find(BY_CODE_SQL, [model, code]),
      consume: async (id) => {
        if ((await this.#run(CONSUME_SQL, [model, name(id)])) === 1) return;
        throw new errors.InvalidGrant('it has been used before');
      },
      destroy: async (id) => {
        await this.#run(DESTROY_SQL, [model, name(id)]);
      },
      revokeByGrantId: async (grant) => {
        await this.#run(REVOKE_SQL, [grant]);
      },
    };
  }

  async sessionsOf(user: string): Promise<readonly OpenSession[]> {
    const { rows } = await this.database.withClient((client) => client.query(SESSIONS_SQL, [user]));
    return z
      .array(sessionRow)
      .parse(rows)
      .map(({ id, payload: { loginTs }, expires_at }) => ({
        id,
        since: loginTs === undefined ? undefined : new Date(loginTs * MS_PER_SECOND),
        until: expires_at ?? undefined,
      }));
  }

  /** Ends one session of a user; nothing that was granted in it can be used to get new tokens. */
  async endSession(user: string, session: string): Promise<void> {
    await this.#run(END_SQL, [user, session]);
  }

  /** Name of a session as {@link sessionsOf} has it. */
  sessionName(id: string): string {
    return storedName('Session', id);
  }

  /** Removes what has expired. */
  async tidy(): Promise<void> {
    await this.#run(TIDY_SQL, []);
  }

  async #run(text: string, values: readonly unknown[]): Promise<number> {
    const { rowCount } = await this.database.withClient((client) => client.query(text, [...values]));
    return rowCount ?? 0;
  }

  async #find(text: string, values: readonly unknown[]): Promise<AdapterPayload | undefined> {
    const { rows } = await this.database.withClient((client) => client.query(text, [...values]));
    const [found] = z.array(row).parse(rows);
    return found && { ...found.payload, ...(found.consumed_at && { consumed: true }) };
  }
}

function storedName(model: string, id: string): string {
  return SECRET_NAMES.has(model) ? createHash('sha256').update(id).digest('base64url') : id;
}

function withName(id: string, payload: AdapterPayload | undefined): AdapterPayload | undefined {
  return payload && { ...payload, jti: id };
}
