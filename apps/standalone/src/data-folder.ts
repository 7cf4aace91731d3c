import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { newMasterKey, readMasterKeys, type MasterKeys } from '@samspill/eventlog';
import { PlatformError } from '@samspill/kernel';
import { z } from 'zod';

/** Goes up when a newer version of Samspill could not read the folder of an older one. */
const FORMAT = 1;
const MARK = 'samspill.json';
const MASTER_KEY_FILE = 'master-key';
const BREAK_GLASS_FILE = 'break-glass';
/** Of the credential in it. Nobody guesses what is as long as this. */
const BREAK_GLASS_BYTES = 32;
const OWNER_ONLY = 0o600;

const mark = z.object({
  format: z.number(),
  /** The demo company's main job has been done, and for whom. */
  demo: z.object({ company: z.string(), ownCompany: z.string() }).optional(),
});
type Mark = z.infer<typeof mark>;
export type DemoMark = NonNullable<Mark['demo']>;

/** The folder that everything is kept in: Postgres's files, a log file, and a mark that says what it is. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private content: Mark,
  ) {}

  /**
   * Opens the folder, makes it where it is missing.
   * @throws PlatformError in a sentence: not writable, not ours, of another version
   */
  static async open(path: string, fresh: boolean): Promise<DataFolder> {
    const folder = resolve(path);
    await requireWritable(folder);
    const before = await readMark(folder);
    if (fresh && before.kind === 'ours') await rm(folder, { recursive: true });
    else if (before.kind === 'foreign') {
      throw new PlatformError(
        'standalone.folder-foreign',
        `The folder ${folder} holds something else than Samspill's data. Choose another one with --data-dir.`,
        false,
      );
    } else if (before.kind === 'ours' && before.mark.format !== FORMAT) {
      throw new PlatformError(
        'standalone.folder-version',
        `The data in ${folder} was written by another version of Samspill (format ${before.mark.format}; this one reads ${FORMAT}). Start that version, choose another folder with --data-dir, or begin anew with --fresh.`,
        false,
      );
    }
    const content = before.kind === 'ours' && !fresh ? before.mark : { format: FORMAT };
    const opened = new DataFolder(folder, content);
    await mkdir(folder, { recursive: true });
    await opened.#write(content);
    await mkdir(join(folder, 'logs'), { recursive: true });
    return opened;
  }

  get postgres(): string {
    return join(this.path, 'postgres');
  }

  /**
   * The key that wraps the keys of personal data, made at the first start. Whoever has it and the folder can read all of it; without it
   * nobody can.
   * @throws PlatformError in a sentence where the file cannot be used
   */
  async masterKeys(): Promise<MasterKeys> {
    const file = join(this.path, MASTER_KEY_FILE);
    // Never over one that is there: what is sealed with it could not be read any more.
    const { keys, faults } = readMasterKeys(await onceMade(file, newMasterKey(new Date())));
    if (keys) return keys;
    throw new PlatformError(
      'standalone.master-key-unusable',
      `${file} cannot be used: ${faults.join('; ')}. Put it back from your copy; without it the personal data in ${this.path} cannot be read.`,
      false,
    );
  }

  /** The credential that makes the first operator, made at the first start with sign-in. */
  async breakGlass(): Promise<string> {
    return await onceMade(this.breakGlassFile, randomBytes(BREAK_GLASS_BYTES).toString('base64url'));
  }

  get breakGlassFile(): string {
    return join(this.path, BREAK_GLASS_FILE);
  }

  get logFile(): string {
    return join(this.path, 'logs', 'samspill.log');
  }

  get demo(): DemoMark | undefined {
    return this.content.demo;
  }

  async rememberDemo(demo: DemoMark): Promise<void> {
    this.content = { ...this.content, demo };
    await this.#write(this.content);
  }

  async #write(content: Mark): Promise<void> {
    await writeFile(join(this.path, MARK), `${JSON.stringify(content)}\n`);
  }
}

type Found =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'ours'; readonly mark: Mark };

async function readMark(folder: string): Promise<Found> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch {
    return { kind: 'nothing' };
  }
  if (names.length === 0) return { kind: 'nothing' };
  if (!names.includes(MARK)) return { kind: 'foreign' };
  try {
    const parsed = mark.safeParse(JSON.parse(await readFile(join(folder, MARK), 'utf8')));
    return parsed.success ? { kind: 'ours', mark: parsed.data } : { kind: 'foreign' };
  } catch {
    return { kind: 'foreign' };
  }
}

/** What a file of secrets holds, written at the first time and kept from then on. */
async function onceMade(file: string, content: string): Promise<string> {
  await writeFile(file, `${content}\n`, { mode: OWNER_ONLY, flag: 'wx' }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  return (await readFile(file, 'utf8')).trim();
}

/** The nearest folder above that exists has to let us write. */
async function requireWritable(folder: string): Promise<void> {
  for (let candidate = folder; ; candidate = dirname(candidate)) {
    try {
      await access(candidate, constants.W_OK);
      return;
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (missing && candidate !== dirname(candidate)) continue;
      throw new PlatformError(
        'standalone.folder-unwritable',
        `The folder ${candidate} cannot be written to. Choose another one with --data-dir.`,
        false,
      );
    }
  }
}
