import { CompanyReader, type Database, type Hold, type Reverts } from '@samspill/eventlog';
import { isCompanyId, isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';

/** One row by primary key. */
const COMPANY_SQL = 'SELECT registered, synchronised FROM read.company_v1 WHERE company = $1';

/** Whether a company's records may come in, from this service's own projection of identity's events. */
export class CompanyAccess {
  constructor(
    private readonly database: Database,
    private readonly reverts: Pick<Reverts, 'hold'>,
  ) {}

  /**
   * Why records of the company may not come in now, naming everything that is missing (C10, C25), or that its intake is held after a
   * revert; undefined where they may.
   */
  async refusal(company: CompanyId): Promise<Rejection | undefined> {
    const outcome = await this.synchronised(company);
    if (isRejection(outcome)) return outcome;
    const hold = await this.hold(company);
    return hold && intakeHeld(company, hold);
  }

  /** The company of a path, if it is registered and its synchronisation is on; else what is missing. */
  async synchronised(text: string): Promise<CompanyId | Rejection> {
    if (!isCompanyId(text)) return unknownCompany(text);
    const row = await this.#find(text);
    if (row?.registered !== true) return unknownCompany(text);
    if (row.synchronised) return text;
    return reject(
      'company.synchronisation-off',
      'Synchronisation of contacts is not switched on for this company.',
      [
        {
          pointer: '',
          code: 'prerequisite.synchronisation',
          detail: `Switch it on: PUT /api/identity/v1/companies/${text}/synchronisation/contacts with {"enabled": true}.`,
        },
      ],
    );
  }

  /** Why nothing of a company is taken in after a revert; undefined where that is not so. */
  async hold(company: CompanyId): Promise<Hold | undefined> {
    return await this.reverts.hold(company);
  }

  /** The company of a path, if it is registered. */
  async registered(text: string): Promise<CompanyId | Rejection> {
    if (!isCompanyId(text)) return unknownCompany(text);
    return (await this.#find(text))?.registered === true ? text : unknownCompany(text);
  }

  async #find(company: CompanyId): Promise<{ registered: boolean; synchronised: boolean } | undefined> {
    const reader = new CompanyReader(this.database, company);
    const [row] = await reader.query<{ registered: boolean; synchronised: boolean }>({
      name: 'contacts-company',
      text: COMPANY_SQL,
      values: [company],
    });
    return row;
  }
}

/** What comes in would undo what was put back, until somebody says that it may. */
export function intakeHeld(company: CompanyId, { since, reason }: Hold): Rejection {
  return reject(
    'company.intake-held',
    `Since ${since} nothing is taken in for this company: its records were put back as they were («${reason}»). When its business system has the right records, an operator lets it go on: samspill revert release --company ${company}.`,
  );
}

export function unknownCompany(company: string): Rejection {
  return reject(
    'company.not-found',
    `There is no company ${company}. Register it first: POST /api/identity/v1/companies.`,
  );
}
