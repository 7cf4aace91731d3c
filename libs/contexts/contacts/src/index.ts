export { contactsContext } from './contacts.module.js';
export { contactsManifest } from './contacts.manifest.js';
export { directoryProjection, type DirectoryRow } from './directory/directory.projection.js';
export {
  DirectorySearch,
  type FoundContacts,
  type SearchRequest,
  type ShownContact,
} from './directory/directory-search.js';
