export { demoCompany, type DemoCompany } from './demo-company.js';
export { demoCsv } from './demo-csv.js';
export { demoOrganisation, demoRecords, type DemoRecordsOptions } from './demo-records.js';
export { Random } from './random.js';
export {
  followSetUpGuide,
  type SetUpCall,
  type SetUpMethod,
  type SetUpOptions,
} from './follow-set-up-guide.js';
