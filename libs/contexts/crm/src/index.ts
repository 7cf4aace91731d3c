export type * from './crm/crm.js';
