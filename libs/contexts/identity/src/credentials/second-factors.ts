import { createHash, randomBytes } from 'node:crypto';
import type { Database, MasterKeys, SqlStatement } from '@samspill/eventlog';
import { Secret, TOTP } from 'otpauth';
import { z } from 'zod';

/** RFC 6238 as every authenticator app has it. */
const PERIOD_SECONDS = 30;
const DIGITS = 6;
const SECRET_BYTES = 32;
/** Steps before and after the present one: clocks of phones go wrong by that much. */
const WINDOW = 1;
const RECOVERY_CODES = 10;
/** 80 bits: nobody guesses one, and it can still be typed. */
const RECOVERY_CODE_BYTES = 10;

const START_SQL = `
  INSERT INTO identity.totp AS t (user_id, secret) VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE t.confirmed_at IS NULL`;
const FIND_SQL = 'SELECT secret, confirmed_at FROM identity.totp WHERE user_id = $1';
const KINDS_SQL = `
  SELECT EXISTS (SELECT FROM identity.totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS app,
    EXISTS (SELECT FROM identity.passkey WHERE user_id = $1) AS passkeys,
    EXISTS (SELECT FROM identity.recovery_code WHERE user_id = $1) AS codes`;
/** A code is used once (RFC 6238, 5.2): of two at once, one finds the step taken. */
const USE_SQL = 'UPDATE identity.totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2';
const CONFIRM_SQL = 'UPDATE identity.totp SET confirmed_at = $2 WHERE user_id = $1 AND confirmed_at IS NULL';
const REMOVE_SQL = 'DELETE FROM identity.totp WHERE user_id = $1';
const REMOVE_CODES_SQL = 'DELETE FROM identity.recovery_code WHERE user_id = $1';
/** They stand in for a factor; without one there is nothing to stand in for. */
const REMOVE_LEFT_CODES_SQL = `
  DELETE FROM identity.recovery_code WHERE user_id = $1
    AND NOT EXISTS (SELECT FROM identity.passkey WHERE user_id = $1)
    AND NOT EXISTS (SELECT FROM identity.totp WHERE user_id = $1 AND confirmed_at IS NOT NULL)`;
const ADD_CODES_SQL = 'INSERT INTO identity.recovery_code (user_id, hash) SELECT $1, unnest($2::bytea[])';
const USE_CODE_SQL = 'DELETE FROM identity.recovery_code WHERE user_id = $1 AND hash = $2';

const kindsRow = z.object({ app: z.boolean(), passkeys: z.boolean(), codes: z.boolean() });
const row = z.object({ secret: z.instanceof(Buffer), confirmed_at: z.date().nullable() });

/** A secret that an app is to be given. */
export interface TotpEnrolment {
  /** Base32, to be typed. */
  readonly secret: string;
  /** `otpauth://…`, to be opened on the phone. */
  readonly uri: string;
}

/** Which second factors somebody has. */
export interface FactorKinds {
  /** An app that shows codes. */
  readonly app: boolean;
  readonly passkeys: boolean;
}

/** Time-based codes and recovery codes. */
export class SecondFactors {
  constructor(
    private readonly database: Database,
    private readonly masterKeys: MasterKeys | undefined,
  ) {}

  /** A new secret, which counts when a code of it has been shown. Undefined where there is one that counts. */
  async start(user: string, label: string): Promise<TotpEnrolment | undefined> {
    const secret = randomBytes(SECRET_BYTES);
    const sealed = this.masterKeys ? sealedSecret(this.masterKeys, user, secret) : secret;
    const { rowCount } = await this.database.withClient((client) => client.query(START_SQL, [user, sealed]));
    if (rowCount !== 1) return undefined;
    const totp = totpOf(secret, label);
    return { secret: totp.secret.base32, uri: totp.toString() };
  }

  async kindsOf(user: string): Promise<FactorKinds> {
    const { app, passkeys } = await this.#kinds(user);
    return { app, passkeys };
  }

  /** Whether they have any, whichever. */
  async isEnrolled(user: string): Promise<boolean> {
    const { app, passkeys } = await this.#kinds(user);
    return app || passkeys;
  }

  async hasRecoveryCodes(user: string): Promise<boolean> {
    return (await this.#kinds(user)).codes;
  }

  /**
   * Whether a code is right and has not been used; uses it.
   * @param which of a secret that counts, or of one that is to count from now on
   */
  async use(user: string, code: string, now: Date, which: 'confirmed' | 'started'): Promise<boolean> {
    const found = await this.#find(user);
    if (!found || (found.confirmed_at !== null) !== (which === 'confirmed')) return false;
    const secret = this.masterKeys ? openedSecret(this.masterKeys, user, found.secret) : found.secret;
    const timestamp = now.getTime();
    const delta = totpOf(secret, '').validate({
      token: code.replaceAll(/\s/g, ''),
      timestamp,
      window: WINDOW,
    });
    if (delta === null) return false;
    const step = Math.floor(timestamp / 1000 / PERIOD_SECONDS) + delta;
    const { rowCount } = await this.database.withClient((client) => client.query(USE_SQL, [user, step]));
    return rowCount === 1;
  }

  /** Whether a recovery code is right; it is gone then. */
  async useRecoveryCode(user: string, code: string): Promise<boolean> {
    const values = [user, hashOf(code)];
    const { rowCount } = await this.database.withClient((client) => client.query(USE_CODE_SQL, values));
    return rowCount === 1;
  }

  /** Statements that make the secret of the app count, with new recovery codes, which are shown this once. */
  confirming(
    user: string,
    now: Date,
  ): { readonly codes: readonly string[]; readonly statements: readonly SqlStatement[] } {
    const { codes, statements } = this.newRecoveryCodes(user);
    return { codes, statements: [{ text: CONFIRM_SQL, values: [user, now] }, ...statements] };
  }

  /** Recovery codes in the place of those that there are. */
  newRecoveryCodes(user: string): {
    readonly codes: readonly string[];
    readonly statements: readonly SqlStatement[];
  } {
    const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
    return {
      codes,
      statements: [
        { text: REMOVE_CODES_SQL, values: [user] },
        { text: ADD_CODES_SQL, values: [user, codes.map(hashOf)] },
      ],
    };
  }

  /** The app does not count any more. */
  removing(user: string): readonly SqlStatement[] {
    return [{ text: REMOVE_SQL, values: [user] }, this.removingCodesWithoutFactor(user)];
  }

  /** After a factor was removed in the same transaction: recovery codes go with the last one. */
  removingCodesWithoutFactor(user: string): SqlStatement {
    return { text: REMOVE_LEFT_CODES_SQL, values: [user] };
  }

  async #kinds(user: string): Promise<z.infer<typeof kindsRow>> {
    const { rows } = await this.database.withClient((client) => client.query(KINDS_SQL, [user]));
    return z.array(kindsRow).parse(rows)[0] ?? { app: false, passkeys: false, codes: false };
  }

  async #find(user: string): Promise<z.infer<typeof row> | undefined> {
    const { rows } = await this.database.withClient((client) => client.query(FIND_SQL, [user]));
    return z.array(row).parse(rows)[0];
  }
}

function totpOf(secret: Buffer, label: string): TOTP {
  const bytes = new Uint8Array(secret).buffer;
  return new TOTP({
    issuer: 'Samspill',
    label,
    digits: DIGITS,
    period: PERIOD_SECONDS,
    secret: new Secret({ buffer: bytes }),
  });
}

/** The master key's id stands before the sealed bytes, so that another master key can come. */
function sealedSecret(masterKeys: MasterKeys, user: string, secret: Buffer): Buffer {
  const { master, bytes } = masterKeys.wrap(secret, `totp/${user}`);
  return Buffer.concat([Buffer.from(`${master}\n`), bytes]);
}

function openedSecret(masterKeys: MasterKeys, user: string, stored: Buffer): Buffer {
  const end = stored.indexOf('\n');
  const master = stored.subarray(0, end).toString();
  return masterKeys.unwrap({ master, bytes: stored.subarray(end + 1) }, `totp/${user}`);
}

function newRecoveryCode(): string {
  return (randomBytes(RECOVERY_CODE_BYTES).toString('hex').match(/.{5}/g) ?? []).join('-');
}

function hashOf(code: string): Buffer {
  return createHash('sha256')
    .update(code.toLowerCase().replaceAll(/[^0-9a-f]/g, ''))
    .digest();
}
