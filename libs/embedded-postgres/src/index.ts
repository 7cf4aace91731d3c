export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './server.js';
export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './error.js';
export { postgresBinaries, type PostgresBinaries } from './binaries.js';
export { reachableDataDir } from './reachable-data-dir.js';
export { endWithParent, type EndWithParent } from './parent-watch.js';
export { freePort, LOOPBACK } from './loopback-port.js';
export type { Ending } from './postmaster.js';
