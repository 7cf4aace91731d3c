import type { Database, SqlStatement } from '@samspill/eventlog';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { z } from 'zod';
import type { ChallengePurpose, Challenges } from './challenges.js';

/** More than anybody has devices; a list that is still read. */
export const MAX_PASSKEYS = 20;
export const PASSKEY_NAME_MAX_LENGTH = 60;
const RP_NAME = 'Samspill';

const LIST_SQL = `
  SELECT id, user_id, public_key, counter, transports, name, made_at, used_at, backup_eligible, is_backed_up
  FROM identity.passkey WHERE user_id = $1 ORDER BY made_at, id`;
const FIND_SQL = `
  SELECT id, user_id, public_key, counter, transports, name, made_at, used_at, backup_eligible, is_backed_up
  FROM identity.passkey WHERE id = $1`;
const ADD_SQL = `
  INSERT INTO identity.passkey (id, user_id, public_key, counter, transports, name, made_at, backup_eligible, is_backed_up)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
/** Of two uses with one counter, one is a copy's. Passkeys that are copied between devices count nothing and say 0 each time. */
const USE_SQL = `
  UPDATE identity.passkey SET counter = $2, used_at = $3, is_backed_up = $4
  WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))`;
const REMOVE_SQL = 'DELETE FROM identity.passkey WHERE user_id = $1 AND id = $2';

const row = z.object({
  id: z.string(),
  user_id: z.string(),
  public_key: z.instanceof(Buffer),
  counter: z.coerce.number(),
  transports: z.array(z.string()),
  name: z.string(),
  made_at: z.date(),
  used_at: z.date().nullable(),
  backup_eligible: z.boolean(),
  is_backed_up: z.boolean(),
});
type PasskeyRow = z.infer<typeof row>;

/** A passkey as its user sees it. */
export interface ShownPasskey {
  readonly id: string;
  readonly name: string;
  readonly madeAt: Date;
  readonly usedAt: Date | undefined;
  /** It is on other devices of theirs as well, so that losing one loses nothing. */
  readonly isBackedUp: boolean;
}

/** What a passkey is asked for. */
export interface PasskeyAsked {
  readonly purpose: Exclude<ChallengePurpose, 'register'>;
  /** Whom or what the challenge was issued for. */
  readonly subject: string;
  /** Whose it must be; undefined where it says so itself, and then has to have looked who uses it. */
  readonly user?: string;
}

/** Passkeys (W3C Web Authentication Level 3): public keys of users, and what was signed with them. */
export class Passkeys {
  readonly #rpId: string;

  /** @param origin where people sign in; keys are bound to its host name */
  constructor(
    private readonly database: Database,
    private readonly challenges: Challenges,
    private readonly origin: string,
  ) {
    this.#rpId = new URL(origin).hostname;
  }

  async list(user: string): Promise<readonly ShownPasskey[]> {
    return (await this.#rows(LIST_SQL, user)).map((found) => ({
      id: found.id,
      name: found.name,
      madeAt: found.made_at,
      usedAt: found.used_at ?? undefined,
      isBackedUp: found.is_backed_up,
    }));
  }

  /** What a browser makes a passkey by. Those that the user has are named, so that no device makes a second one. */
  async registrationOptions(
    user: string,
    email: string,
    displayName: string,
    now: Date,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const known = await this.#rows(LIST_SQL, user);
    return await generateRegistrationOptions({
      rpName: RP_NAME,
      rpID: this.#rpId,
      userName: email,
      userDisplayName: displayName,
      userID: new Uint8Array(Buffer.from(user)),
      challenge: await this.challenges.issue('register', user, now),
      attestationType: 'none',
      excludeCredentials: known.map(({ id, transports }) => ({ id, transports })),
      // So that it can sign somebody in by itself: it knows whose it is, and looks who uses it.
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
  }

  /** The statement that keeps a passkey which a browser has made; undefined where it is not as it was asked for. */
  async registering(
    user: string,
    name: string,
    response: RegistrationResponseJSON,
    now: Date,
  ): Promise<SqlStatement | undefined> {
    const verified = await verifiedOrNot(() =>
      verifyRegistrationResponse({
        response,
        expectedChallenge: (challenge) => this.challenges.use(challenge, 'register', user, now),
        expectedOrigin: this.origin,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
      }),
    );
    if (verified?.verified !== true) return undefined;
    const { credential, credentialDeviceType, credentialBackedUp } = verified.registrationInfo;
    if ((await this.#rows(FIND_SQL, credential.id)).length > 0) return undefined;
    return {
      text: ADD_SQL,
      values: [
        credential.id,
        user,
        Buffer.from(credential.publicKey),
        credential.counter,
        response.response.transports ?? [],
        name,
        now,
        credentialDeviceType === 'multiDevice',
        credentialBackedUp,
      ],
    };
  }

  removing(user: string, id: string): SqlStatement {
    return { text: REMOVE_SQL, values: [user, id] };
  }

  /** What a browser asks a passkey to sign. */
  async options(
    { purpose, subject, user }: PasskeyAsked,
    now: Date,
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const known = user === undefined ? [] : await this.#rows(LIST_SQL, user);
    return await generateAuthenticationOptions({
      rpID: this.#rpId,
      challenge: await this.challenges.issue(purpose, subject, now),
      allowCredentials: known.map(({ id, transports }) => ({ id, transports })),
      userVerification: user === undefined ? 'required' : 'preferred',
    });
  }

  /** The user whose passkey has signed what was asked, undefined where none has. Once it is compared, a challenge is used up. */
  async check(
    response: AuthenticationResponseJSON,
    { purpose, subject, user }: PasskeyAsked,
    now: Date,
  ): Promise<string | undefined> {
    const [found] = await this.#rows(FIND_SQL, response.id);
    if (!found) return undefined;
    if (user !== undefined && user !== found.user_id) return undefined;
    if (!isOf(found.user_id, response, user === undefined)) return undefined;
    const verified = await verifiedOrNot(() =>
      verifyAuthenticationResponse({
        response,
        expectedChallenge: (challenge) => this.challenges.use(challenge, purpose, subject, now),
        expectedOrigin: this.origin,
        expectedRPID: this.#rpId,
        credential: credentialOf(found),
        requireUserVerification: user === undefined,
      }),
    );
    if (verified?.verified !== true) return undefined;
    const { newCounter, credentialDeviceType, credentialBackedUp } = verified.authenticationInfo;
    // Level 3, 7.2: whether a key may be copied is settled when it is made.
    if ((credentialDeviceType === 'multiDevice') !== found.backup_eligible) return undefined;
    const used = [found.id, newCounter, now, credentialBackedUp];
    const { rowCount } = await this.database.withClient((client) => client.query(USE_SQL, used));
    return rowCount === 1 ? found.user_id : undefined;
  }

  async #rows(sql: string, value: string): Promise<readonly PasskeyRow[]> {
    const { rows } = await this.database.withClient((client) => client.query(sql, [value]));
    return z.array(row).parse(rows);
  }
}

/** The library throws for what does not fit; which of its checks failed is nothing that a caller should learn. */
async function verifiedOrNot<Result>(verify: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** What the passkey says whose it is, where it says so; where it must, it does. */
function isOf(user: string, { response }: AuthenticationResponseJSON, mustSay: boolean): boolean {
  const { userHandle } = response;
  if (userHandle === undefined || userHandle === '') return !mustSay;
  return Buffer.from(userHandle, 'base64url').toString('utf8') === user;
}

function credentialOf({ id, public_key: publicKey, counter, transports }: PasskeyRow) {
  return { id, publicKey: new Uint8Array(publicKey), counter, transports };
}
