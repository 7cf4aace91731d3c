import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** Flags of authenticator data (W3C Web Authentication Level 3, 6.1). */
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const HAS_CREDENTIAL = 0x40;

const ID_BYTES = 16;
const AAGUID = Buffer.alloc(16);

/** What of a page's options is used: those of making a passkey, and of signing with it. */
export interface CreationOptions {
  readonly challenge: string;
  readonly user: { readonly id: string };
}
export interface RequestOptions {
  readonly challenge: string;
}

export interface Use {
  /** Whether it has looked who uses it; yes unless given. */
  readonly isUserVerified?: boolean;
  /** Whether it is on other devices of its user as well; such passkeys do not count their uses. */
  readonly isSynced?: boolean;
}

/** A passkey as a phone or a security key has it, in software: a key pair on P-256, real signatures, one credential. */
export class TestPasskey {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  /** Uses so far; a copy of a passkey would begin again from where it was copied. */
  counter = 0;
  #userHandle = '';

  /** @param origin of the page that asks: a browser says it, and a key is bound to its host name */
  constructor(private readonly origin: string) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
  }

  /** What a browser says when it was made: `RegistrationResponseJSON`, as text. */
  create({ challenge, user }: CreationOptions, use: Use = {}): string {
    this.#userHandle = user.id;
    const authData = Buffer.concat([
      this.#authenticatorData(use, HAS_CREDENTIAL),
      AAGUID,
      uint16(ID_BYTES),
      Buffer.from(this.id, 'base64url'),
      coseKey(this.#publicKey),
    ]);
    const attestation = cborMap([
      [cborText('fmt'), cborText('none')],
      [cborText('attStmt'), cborMap([])],
      [cborText('authData'), cborBytes(authData)],
    ]);
    return this.#response({
      clientDataJSON: this.#clientData('webauthn.create', challenge).toString('base64url'),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** What a browser says when it has signed: `AuthenticationResponseJSON`, as text. */
  get({ challenge }: RequestOptions, use: Use = {}): string {
    if (use.isSynced !== true) this.counter += 1;
    const clientData = this.#clientData('webauthn.get', challenge);
    const authenticatorData = this.#authenticatorData(use, 0);
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]);
    return this.#response({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign('sha256', signed, this.#privateKey).toString('base64url'),
      userHandle: this.#userHandle,
    });
  }

  #response(response: object): string {
    return JSON.stringify({
      id: this.id,
      rawId: this.id,
      type: 'public-key',
      clientExtensionResults: {},
      response,
    });
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
  }

  #authenticatorData({ isUserVerified = true, isSynced = false }: Use, more: number): Buffer {
    const { hostname } = new URL(this.origin);
    const backup = isSynced ? BACKUP_ELIGIBLE | BACKED_UP : 0;
    const flags = USER_PRESENT | (isUserVerified ? USER_VERIFIED : 0) | backup | more;
    return Buffer.concat([
      createHash('sha256').update(hostname).digest(),
      Buffer.from([flags]),
      uint32(this.counter),
    ]);
  }
}

/** RFC 9053, 7.1.1: an elliptic-curve key for ES256. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return cborMap([
    [cborInteger(1), cborInteger(2)],
    [cborInteger(3), cborInteger(-7)],
    [cborInteger(-1), cborInteger(1)],
    [cborInteger(-2), cborBytes(Buffer.from(x, 'base64url'))],
    [cborInteger(-3), cborBytes(Buffer.from(y, 'base64url'))],
  ]);
}

/** RFC 8949, 3: the major type and a length or value below 65,536. */
function cborHead(major: number, value: number): Buffer {
  const type = major << 5;
  if (value < 24) return Buffer.from([type | value]);
  return value < 256
    ? Buffer.from([type | 24, value])
    : Buffer.concat([Buffer.from([type | 25]), uint16(value)]);
}

function cborInteger(value: number): Buffer {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
}

function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([cborHead(2, bytes.length), bytes]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([cborHead(3, bytes.length), bytes]);
}

function cborMap(entries: readonly (readonly [Buffer, Buffer])[]): Buffer {
  return Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
