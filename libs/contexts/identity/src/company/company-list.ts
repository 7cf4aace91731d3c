import { foldText } from '@samspill/contracts';
import type { DataSource } from 'typeorm';
import { SORT_NAME_MAX_LENGTH } from './companies.projection.js';
import { CompanyEntry } from './company.entity.js';
import { synchronisationOf, type Company } from './company.js';
import { organisationNumberKey } from './organisation-number-key.js';

/** The last company of a page: the next page begins after it, whatever has come and gone before it. */
export interface CompanyCursor {
  readonly sortName: string;
  readonly company: string;
}

export interface CompanyPage {
  readonly companies: readonly Company[];
  readonly next: CompanyCursor | undefined;
}

/** Separators that people write in organisation numbers, `923 609 016`. */
const SEPARATORS = /[\s.-]/g;
const WILDCARDS = /[%_\\]/g;

/** Registered companies in the order of their names, from the projection: what was just registered may be missing for a moment. */
export class CompanyList {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * A page of the companies whose name or organisation number begins with a text; of all where it is blank.
   * Reads along the index `sorted`, or the few that `number` finds, or the primary key where only some may be seen.
   * @param among ids of the only companies that may be shown; all where it is undefined
   */
  async page(
    text: string,
    limit: number,
    after: CompanyCursor | undefined,
    among?: readonly string[],
  ): Promise<CompanyPage> {
    const query = this.dataSource.getRepository(CompanyEntry).createQueryBuilder('c');
    if (text.trim() !== '')
      query.andWhere('(c.sortName LIKE :name OR c.numberKey LIKE :number)', patterns(text));
    if (among) query.andWhere('c.company = ANY(:among)', { among });
    if (after) query.andWhere('(c.sortName, c.company) > (:sortName, :company)', after);
    const entries = await query
      .orderBy('c.sortName')
      .addOrderBy('c.company')
      .limit(limit + 1)
      .getMany();
    const page = entries.slice(0, limit);
    return { companies: page.map(companyOf), next: entries.length > limit ? page.at(-1) : undefined };
  }
}

function patterns(text: string): { readonly name: string; readonly number: string } {
  const name = foldText(text.trim()).slice(0, SORT_NAME_MAX_LENGTH);
  const number = organisationNumberKey(text).replaceAll(SEPARATORS, '');
  return { name: beginning(name), number: beginning(number) };
}

/** Of nothing (what was only separators, say) nothing begins, rather than everything. */
function beginning(text: string): string {
  return text === '' ? '' : `${text.replaceAll(WILDCARDS, String.raw`\$&`)}%`;
}

function companyOf(entry: CompanyEntry): Company {
  return {
    id: entry.company,
    name: entry.name,
    organisationNumber: entry.organisationNumber,
    country: entry.country,
    address: entry.address,
    synchronisation: synchronisationOf(entry.synchronised),
    registeredAt: entry.registeredAt.toISOString(),
    changedAt: entry.changedAt.toISOString(),
  };
}
