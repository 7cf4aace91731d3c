import { createSecretKey, randomBytes } from 'node:crypto';
import { KEY_BYTES, open, seal, type MasterKeys, type WrappedKey } from '@samspill/eventlog';

/** Secrets as they are kept: under a key of their own, which a master key wraps, so that another master key need not touch them. */
export interface SealedSecrets {
  readonly key: WrappedKey;
  readonly sealed: Buffer;
}

export type OpenedSecrets =
  | { readonly state: 'open'; readonly secrets: unknown }
  | { readonly state: 'master-key-missing' | 'damaged' };

/** @param name whose they are: they open under no other name, so that one company's cannot be put in another's place */
export function sealSecrets(secrets: object, name: string, masterKeys: MasterKeys): SealedSecrets {
  const key = randomBytes(KEY_BYTES);
  const plain = Buffer.from(JSON.stringify(secrets));
  return { key: masterKeys.wrap(key, name), sealed: seal(plain, createSecretKey(key), name) };
}

export function openSecrets(
  { key, sealed }: SealedSecrets,
  name: string,
  masterKeys: MasterKeys,
): OpenedSecrets {
  const unwrapped = masterKeys.opened(key, name);
  if (unwrapped.state !== 'kept') return { state: unwrapped.state };
  const plain = open(sealed, createSecretKey(unwrapped.key), name);
  if (!plain) return { state: 'damaged' };
  return { state: 'open', secrets: JSON.parse(plain.toString('utf8')) as unknown };
}

/** The same with the master key that seals now; `undefined` where it is that one already, or the key does not open. */
export function resealed(key: WrappedKey, name: string, masterKeys: MasterKeys): WrappedKey | undefined {
  if (key.master === masterKeys.current) return undefined;
  const unwrapped = masterKeys.opened(key, name);
  return unwrapped.state === 'kept' ? masterKeys.wrap(unwrapped.key, name) : undefined;
}
