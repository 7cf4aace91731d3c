export { identityContext } from './identity.module.js';
export { identityManifest } from './identity.manifest.js';
