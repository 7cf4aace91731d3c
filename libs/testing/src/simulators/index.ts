export type { CrmEffect } from './effects.js';
export { HubSpotSimulator, type HubSpotOptions, type HubSpotType } from './hubspot/hubspot-simulator.js';
export type { HubSpotRecord } from './hubspot/hubspot-records.js';
export type { VendorFaults } from './vendor-faults.js';
