export { contactsContext } from './contacts.module.js';
export { contactsManifest } from './contacts.manifest.js';
export { directoryProjection, type DirectoryRow } from './directory/directory.projection.js';
