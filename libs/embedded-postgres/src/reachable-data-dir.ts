import { resolve } from 'node:path';

import { accountFor, blockingFolder } from './account.js';

/**
 * The preferred data folder, or the fallback where the user as which Postgres runs cannot get to the preferred one: a root
 * process in a clone under a folder of mode 0700 (root's home, `mktemp -d`). For a default only; a folder that somebody
 * chose is refused with a reason instead.
 */
export async function reachableDataDir(preferred: string, fallback: string): Promise<string> {
  const dataDir = resolve(preferred);
  const blocked = await blockingFolder(dataDir, await accountFor(dataDir));
  return blocked === undefined ? dataDir : resolve(fallback);
}
