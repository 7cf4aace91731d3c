import { startSharedServers } from './shared-servers.js';

/** Jest's globalSetup of the projects whose tests need Postgres or Kafka. */
export default startSharedServers;
