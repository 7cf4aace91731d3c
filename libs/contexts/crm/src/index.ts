export { crmContext, crmContextWith, type Connecting } from './crm.module.js';
export { crmManifest } from './crm.manifest.js';
export type * from './crm/crm.js';
