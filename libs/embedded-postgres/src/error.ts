/**
 * Why an embedded Postgres could not be had.
 *
 * - `unsupported-platform`: no binaries for this operating system and processor were installed
 * - `port-in-use`: something else listens on the port that was asked for
 * - `folder-unwritable`: the data folder, or the one that holds it, cannot be written (or is a file)
 * - `folder-unreachable`: we are root, Postgres is not, and a folder on the way lets nobody else pass
 * - `folder-not-ours`: the folder has other files in it, or belongs to another user
 * - `folder-in-use`: another living process runs Postgres on this folder
 * - `other-major-version`: the data was written by another major version of Postgres
 * - `no-unprivileged-user`: we are root and the system has no user to run Postgres as
 * - `wrong-password`: the data was made with another user or password
 * - `start-failed`: anything else; the message ends with Postgres's own last lines
 */
export type EmbeddedPostgresErrorCode =
  | 'unsupported-platform'
  | 'port-in-use'
  | 'folder-unwritable'
  | 'folder-unreachable'
  | 'folder-not-ours'
  | 'folder-in-use'
  | 'other-major-version'
  | 'no-unprivileged-user'
  | 'wrong-password'
  | 'start-failed';

/** A failure that a person can mend: `message` is a sentence that may be shown as it is. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The code of a system or database error (`EACCES`, `42P04`, …), or undefined for any other value. By its shape: an error
 * of another realm (a test's sandbox) is no instance of our Error.
 */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
