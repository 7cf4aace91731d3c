import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  endWithParent,
  postgresBinaries,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@samspill/embedded-postgres';

/** Major versions that are tested: the newest, which is also the embedded default, and the oldest that is supported. */
export const NEWEST_POSTGRES = 18;
export const OLDEST_POSTGRES = 16;

const PACKAGES = new Map([
  [NEWEST_POSTGRES, { name: 'embedded-postgres', declaredBy: undefined }],
  [OLDEST_POSTGRES, { name: 'embedded-postgres-16', declaredBy: import.meta.url }],
]);
/** Several suites at once, each with a service's pools. */
const MAX_CONNECTIONS = '300';

/** The major versions whose binaries are installed for this machine, newest first. */
export async function postgresVersions(): Promise<readonly number[]> {
  const found = await Promise.all(
    [...PACKAGES].map(([major, { name, declaredBy }]) =>
      postgresBinaries(name, declaredBy).then(
        () => [major],
        () => [],
      ),
    ),
  );
  return found.flat();
}

/**
 * A server of its own in a temporary folder, which `stop` removes.
 * @throws EmbeddedPostgresError, see there; Error for a version that is not one of those above
 */
export async function startTestPostgres(major = NEWEST_POSTGRES): Promise<EmbeddedPostgres> {
  const versionPackage = PACKAGES.get(major);
  if (versionPackage === undefined)
    throw new Error(`Postgres ${major} is not among the versions that are tested.`);
  const folder = await mkdtemp(join(tmpdir(), 'samspill-postgres-'));
  // mkdtemp makes it 0700, and a root process runs Postgres as another user.
  await chmod(folder, 0o755);
  try {
    const server = await startEmbeddedPostgres({
      dataDir: join(folder, 'data'),
      user: 'samspill',
      password: 'samspill',
      durability: 'none',
      settings: { max_connections: MAX_CONNECTIONS },
      binaries: await postgresBinaries(versionPackage.name, versionPackage.declaredBy),
    });
    const watched = endWithParent({ pid: server.pid, signal: 'INT', thenRemove: folder });
    return {
      ...server,
      stop: async () => {
        await server.stop();
        watched();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
