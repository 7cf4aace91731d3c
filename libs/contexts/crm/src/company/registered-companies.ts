import { CompanyReader, type Database } from '@samspill/eventlog';
import { isCompanyId, reject, type CompanyId, type Rejection } from '@samspill/kernel';

/** One row by primary key. */
const COMPANY_SQL = 'SELECT FROM read.company_v1 WHERE company = $1';

/** Which companies there are, from this service's own projection of identity's events. */
export class RegisteredCompanies {
  constructor(private readonly database: Database) {}

  /** The company of a path, if it is registered. */
  async find(text: string): Promise<CompanyId | Rejection> {
    if (!isCompanyId(text)) return unknownCompany(text);
    const reader = new CompanyReader(this.database, text);
    const found = await reader.query({ name: 'crm-company', text: COMPANY_SQL, values: [text] });
    return found.length === 0 ? unknownCompany(text) : text;
  }
}

function unknownCompany(company: string): Rejection {
  return reject(
    'company.not-found',
    `There is no company ${company}. Register it first: POST /api/identity/v1/companies.`,
  );
}
