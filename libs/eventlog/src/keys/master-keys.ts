import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { PlatformError } from '@samspill/kernel';
import { randomBytes } from './random-bytes.js';

export const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
export const CIPHER = 'aes-256-gcm';
const MASTER_KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A subject's key as it is kept: sealed with a master key. */
export interface WrappedKey {
  /** Id of the master key. */
  readonly master: string;
  /** iv | tag | ciphertext */
  readonly bytes: Buffer;
}

export interface MasterKey {
  readonly id: string;
  readonly key: Buffer;
}

export type OpenedKey =
  | { readonly state: 'kept'; readonly key: Buffer }
  | { readonly state: 'master-key-missing' | 'damaged'; readonly key?: never };

/** The keys that subjects' keys are sealed with. The first one seals; all of them open. */
export class MasterKeys {
  readonly #byId: ReadonlyMap<string, KeyObject>;
  readonly #current: KeyObject;

  /** @throws TypeError without a key, or with a key of another length than {@link KEY_BYTES} */
  constructor(private readonly keys: readonly [MasterKey, ...MasterKey[]]) {
    for (const { id, key } of keys)
      if (key.length !== KEY_BYTES) throw new TypeError(`master key ${id} has ${key.length} bytes`);
    this.#byId = new Map(keys.map(({ id, key }) => [id, createSecretKey(key)]));
    this.#current = createSecretKey(keys[0].key);
  }

  /** Id of the key that seals. */
  get current(): string {
    return this.keys[0].id;
  }

  get ids(): readonly string[] {
    return this.keys.map(({ id }) => id);
  }

  /** @param name which key it is; it opens under no other name */
  wrap(key: Buffer, name: string): WrappedKey {
    return { master: this.current, bytes: seal(key, this.#current, name) };
  }

  /** A key opened, or why it does not open. */
  opened({ master, bytes }: WrappedKey, name: string): OpenedKey {
    const sealedWith = this.#byId.get(master);
    if (!sealedWith) return { state: 'master-key-missing' };
    const key = open(bytes, sealedWith, name);
    return key?.length === KEY_BYTES ? { state: 'kept', key } : { state: 'damaged' };
  }

  /** @throws PlatformError `eventlog.master-key-missing`, `eventlog.key-damaged` */
  unwrap(wrapped: WrappedKey, name: string): Buffer {
    const opened = this.opened(wrapped, name);
    switch (opened.state) {
      case 'kept':
        return opened.key;
      case 'master-key-missing':
        throw new PlatformError(
          'eventlog.master-key-missing',
          `Personal data is sealed under the master key ${wrapped.master}, which this service was not given; it has ${this.ids.join(', ')}.`,
          true,
        );
      case 'damaged':
        throw new PlatformError(
          'eventlog.key-damaged',
          `The key ${name} does not open with the master key ${wrapped.master}: one of the two is not what it was.`,
          true,
        );
    }
  }
}

/**
 * AES-256-GCM: iv | tag | ciphertext. `about` is not in it, but has to be the same when it is opened. The key is an object: given as bytes,
 * Node makes one each time in a way that costs four times as much as all the rest.
 */
export function seal(plain: Buffer, key: KeyObject, about: string): Buffer {
  const sealed = Buffer.allocUnsafeSlow(IV_BYTES + TAG_BYTES + plain.length);
  const iv = randomBytes(IV_BYTES);
  iv.copy(sealed, 0);
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(Buffer.from(about));
  cipher.update(plain).copy(sealed, IV_BYTES + TAG_BYTES);
  cipher.final();
  cipher.getAuthTag().copy(sealed, IV_BYTES);
  return sealed;
}

/** What {@link seal} sealed; undefined where key, text or bytes are not the same. */
export function open(sealed: Buffer, key: KeyObject, about: string): Buffer | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(about));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const plain = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES));
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

export function sealedBytes(plainBytes: number): number {
  return IV_BYTES + TAG_BYTES + plainBytes;
}

export type ReadMasterKeys =
  | { readonly keys: MasterKeys; readonly faults?: never }
  /** What is wrong with the text, each as the rest of a sentence; never holds a part of a key. */
  | { readonly keys?: never; readonly faults: readonly string[] };

/** Master keys as configuration has them: `id:base64,id:base64`, the one that seals first. */
export function readMasterKeys(text: string): ReadMasterKeys {
  const faults: string[] = [];
  const keys: MasterKey[] = [];
  for (const [index, part] of text.split(',').entries()) {
    const which = `key ${index + 1}`;
    const colon = part.indexOf(':');
    const id = part.slice(0, Math.max(0, colon)).trim();
    const key = Buffer.from(part.slice(colon + 1).trim(), 'base64');
    if (colon < 0) faults.push(`${which} is not written as id:base64`);
    else {
      if (!MASTER_KEY_ID.test(id))
        faults.push(`${which} has an id that is not 1 to 64 letters, digits, dots or dashes`);
      if (key.length !== KEY_BYTES) faults.push(`${which} has ${key.length} bytes instead of ${KEY_BYTES}`);
      if (keys.some((other) => other.id === id)) faults.push(`${which} has the id of another one`);
    }
    keys.push({ id, key });
  }
  const [first, ...others] = keys;
  return faults.length > 0 || !first ? { faults } : { keys: new MasterKeys([first, ...others]) };
}

/** A new master key as configuration has it; its id is the day on which it was made. */
export function newMasterKey(now: Date): string {
  return `${now.toISOString().slice(0, 10)}:${randomBytes(KEY_BYTES).toString('base64')}`;
}
