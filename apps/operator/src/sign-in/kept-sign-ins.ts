import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { EXIT, Stop } from '../exit-codes.js';

const FILE = 'sign-ins.json';
const LOCK = 'sign-ins.lock';
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
/** Whoever holds the lock asks the provider once. */
const LOCK_WAIT_MS = 30_000;
/** Older than anybody takes: whoever made it has died. */
const LOCK_STALE_MS = 60_000;
const LOCK_EVERY_MS = 20;

const signIn = z.object({
  issuer: z.string(),
  /** Addresses of services that the tokens are shown to, and no others: a token is as good as its user wherever it comes. */
  services: z.array(z.string()),
  accessToken: z.string(),
  /** RFC 3339 in UTC. */
  accessTokenEndsAt: z.iso.datetime(),
  refreshToken: z.string(),
});
const kept = z.object({ version: z.literal(1), signIns: z.array(signIn) });

/** Somebody who has signed in to an installation. */
export type SignIn = Readonly<z.infer<typeof signIn>>;

/** What is to be kept from now on, and what came of it. */
export interface Changed<Result> {
  readonly signIns: readonly SignIn[];
  readonly result: Result;
}

type Change<Result> = (signIns: readonly SignIn[]) => Changed<Result> | Promise<Changed<Result>>;

/** Tokens of whoever uses this machine, in a file that nobody else may read. */
export class KeptSignIns {
  /** @param folder made when something is kept in it */
  constructor(private readonly folder: string) {}

  get file(): string {
    return join(this.folder, FILE);
  }

  /** The sign-in whose tokens a service at this address is shown. */
  async of(service: string): Promise<SignIn | undefined> {
    return (await this.#read()).find(({ services }) => services.includes(service));
  }

  /**
   * Changes what is kept, one process at a time: a refresh token that two use ends what both have.
   * @param change gets what is kept now; where it throws, nothing changes
   */
  async change<Result>(change: Change<Result>): Promise<Result> {
    await mkdir(this.folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const lock = join(this.folder, LOCK);
    await acquire(lock);
    try {
      const { signIns, result } = await change(await this.#read());
      await this.#write(signIns);
      return result;
    } finally {
      await rm(lock, { force: true });
    }
  }

  async #read(): Promise<readonly SignIn[]> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return [];
      throw this.#unusable(error instanceof Error ? error.message : String(error));
    }
    try {
      return kept.parse(JSON.parse(text)).signIns;
    } catch {
      throw this.#unusable('it is not what samspill writes');
    }
  }

  /** Whole or not at all: a process that is killed leaves the file of before. */
  async #write(signIns: readonly SignIn[]): Promise<void> {
    const next = `${this.file}.${process.pid}`;
    await writeFile(next, `${JSON.stringify({ version: 1, signIns }, null, 2)}\n`, { mode: OWNER_ONLY });
    await chmod(next, OWNER_ONLY);
    await rename(next, this.file);
  }

  #unusable(why: string): Stop {
    return new Stop(
      EXIT.usage,
      `${this.file}, where your sign-in is kept, cannot be used: ${why}. Remove it and sign in again: samspill login.`,
    );
  }
}

async function acquire(lock: string): Promise<void> {
  const deadline = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await (await open(lock, 'wx', OWNER_ONLY)).close();
      return;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const made = await stat(lock).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > LOCK_STALE_MS) await rm(lock, { force: true });
    else if (Date.now() > deadline)
      throw new Stop(
        EXIT.unreachable,
        `Another samspill has been signing in for long; try again, or remove ${lock}.`,
      );
    else await delay(LOCK_EVERY_MS);
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
