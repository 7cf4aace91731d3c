import { stopSharedServers } from './shared-servers.js';

/** Jest's globalTeardown, the counterpart of global-setup. */
export default stopSharedServers;
