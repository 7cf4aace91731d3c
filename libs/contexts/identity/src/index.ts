export { identityContext } from './identity.module.js';
export { identityManifest } from './identity.manifest.js';
export { ISSUER_PATH } from './pages/page-paths.js';
