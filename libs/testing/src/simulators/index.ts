export type { CrmEffect } from './effects.js';
export { HubSpotSimulator, type HubSpotOptions, type HubSpotType } from './hubspot/hubspot-simulator.js';
export type { HubSpotRecord } from './hubspot/hubspot-records.js';
export type { VendorFaults } from './vendor-faults.js';
export { SuperOfficeSimulator, type SuperOfficeOptions } from './superoffice/superoffice-simulator.js';
export type { SuperOfficeRecord, SuperOfficeType } from './superoffice/superoffice-records.js';
