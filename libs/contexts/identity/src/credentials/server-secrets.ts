import { randomBytes } from 'node:crypto';
import type { Database, MasterKeys } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';
import { z } from 'zod';

/**
 * What a secret is for. `link`: the secret in links of mails; `cookie`: what cookies are signed with; `signing`: private keys of tokens; `device`: the
 * MAC of cookies of known browsers.
 */
export type SecretName = 'link' | 'cookie' | 'signing' | 'device';

export interface ServerSecret {
  readonly id: string;
  readonly value: Buffer;
  readonly madeAt: Date;
}

const BYTES = 32;
const ID_BYTES = 12;

const FIND_SQL =
  'SELECT id, value, master, made_at FROM identity.secret WHERE name = $1 ORDER BY made_at DESC, id';
/** Of several processes that want a first one, one makes it: the lock is held until the commit. */
const LOCK_SQL = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
const ADD_SQL = 'INSERT INTO identity.secret (name, id, value, master, made_at) VALUES ($1, $2, $3, $4, $5)';
const RESEAL_SQL = 'UPDATE identity.secret SET value = $3, master = $4 WHERE name = $1 AND id = $2';
const DROP_SQL = 'DELETE FROM identity.secret WHERE name = $1 AND made_at < $2';

const row = z.object({
  id: z.string(),
  value: z.instanceof(Buffer),
  master: z.string().nullable(),
  made_at: z.date(),
});

/** Secrets of the service itself, shared by its processes, sealed with the master key where there is one. */
export class ServerSecrets {
  constructor(
    private readonly database: Database,
    private readonly masterKeys: MasterKeys | undefined,
  ) {}

  /** Those of a name, the newest first; one is made where there is none, or where the newest is older than `maxAgeMs`. */
  async all(
    name: SecretName,
    now: Date,
    maxAgeMs = Infinity,
  ): Promise<readonly [ServerSecret, ...ServerSecret[]]> {
    return await this.database.transaction(async (client) => {
      await client.query(LOCK_SQL, [`identity.secret ${name}`]);
      const { rows } = await client.query(FIND_SQL, [name]);
      const secrets: ServerSecret[] = [];
      for (const found of z.array(row).parse(rows)) {
        const value = this.#open(name, found);
        secrets.push({ id: found.id, value, madeAt: found.made_at });
        if (found.master === (this.masterKeys?.current ?? null)) continue;
        const { bytes, master } = this.seal(value, `${name}/${found.id}`);
        await client.query(RESEAL_SQL, [name, found.id, bytes, master]);
      }
      const [newest] = secrets;
      if (newest && now.getTime() - newest.madeAt.getTime() < maxAgeMs) return [newest, ...secrets.slice(1)];
      const made = {
        id: randomBytes(ID_BYTES).toString('base64url'),
        value: randomBytes(BYTES),
        madeAt: now,
      };
      const { bytes, master } = this.seal(made.value, `${name}/${made.id}`);
      await client.query(ADD_SQL, [name, made.id, bytes, master, now]);
      return [made, ...secrets];
    });
  }

  /** Removes those that were made before a time. */
  async dropBefore(name: SecretName, time: Date): Promise<void> {
    await this.database.withClient((client) => client.query(DROP_SQL, [name, time]));
  }

  /** @param about names it: it opens under no other name */
  seal(value: Buffer, about: string): { readonly bytes: Buffer; readonly master: string | null } {
    if (!this.masterKeys) return { bytes: value, master: null };
    const { bytes, master } = this.masterKeys.wrap(value, about);
    return { bytes, master };
  }

  #open(name: SecretName, { id, value, master }: z.infer<typeof row>): Buffer {
    if (master === null) return value;
    if (this.masterKeys) return this.masterKeys.unwrap({ master, bytes: value }, `${name}/${id}`);
    throw new PlatformError(
      'identity.master-key-missing',
      `The ${name} secret is sealed with the master key ${master}, and SAMSPILL_MASTER_KEYS is not set.`,
      false,
    );
  }
}
