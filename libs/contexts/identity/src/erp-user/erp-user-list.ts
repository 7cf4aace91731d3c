import { accessLevel, foldText, type AccessLevel } from '@samspill/contracts';
import { CompanyReader, type Database } from '@samspill/eventlog';
import { GRANTS_VIEW } from '@samspill/platform';
import { z } from 'zod';
import { erpStandingOf, type ErpStanding } from './erp-standing.js';
import { sortNumber } from './erp-users.projection.js';

/** A line of the grid of C19; e-mail address and phone are the employee's (C17). */
export interface ListedErpUser {
  readonly number: string;
  readonly userName: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly phone?: string;
  /** Whose address is used, and who says that it is theirs. */
  readonly employee?: { readonly number: string; readonly linkedBy: 'administrator' | 'business-system' };
  readonly standing: ErpStanding;
  /** The user here that they are. */
  readonly user?: string;
  /** What that user may do for the company. */
  readonly roles: readonly { readonly product: string; readonly level: AccessLevel }[];
}

export interface ListedEmployee {
  readonly number: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly phone?: string;
}

/** Users by the index `sorted` of their table; the rest by primary keys. */
const USERS_SQL = `
  SELECT u.number, u.user_name, u.first_name, u.last_name, u.erp_employee, u.linked_employee, u.user_id,
    e.number AS employee, e.first_name AS employee_first_name, e.last_name AS employee_last_name, e.email, e.phone, g.roles
  FROM read.erp_users_v1 u
  LEFT JOIN read.employees_v1 e ON e.company = u.company AND e.number = coalesce(u.linked_employee, u.erp_employee)
  LEFT JOIN ${GRANTS_VIEW} g ON g.company = u.company AND g.principal = u.user_id AND g.kind = 'user'
  WHERE u.company = $1 AND u.sort_number > $2 ORDER BY u.sort_number LIMIT $3`;
/** By the index `sorted` of the table. */
const EMPLOYEES_SQL = `
  SELECT e.number, e.first_name, e.last_name, e.email, e.phone FROM read.employees_v1 e
  WHERE e.company = $1 AND starts_with(e.sort_name, $2)
    AND (e.sort_name, e.number) > (coalesce((SELECT a.sort_name FROM read.employees_v1 a WHERE a.company = $1 AND a.number = $3), ''), $3)
  ORDER BY e.sort_name, e.number LIMIT $4`;

const employeeRow = z.object({
  number: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});
const userRow = employeeRow.extend({
  user_name: z.string(),
  erp_employee: z.string().nullable(),
  linked_employee: z.string().nullable(),
  user_id: z.string().nullable(),
  employee: z.string().nullable(),
  employee_first_name: z.string().nullable(),
  employee_last_name: z.string().nullable(),
  roles: z.record(z.string(), accessLevel).nullable(),
});

/** Who works in companies' business systems, from the projections: what was just sent may be missing for a moment. */
export class ErpUserList {
  constructor(private readonly database: Database) {}

  /** In the order of their numbers. @param after number of the last one of the page before; empty for the first page */
  async users(company: string, limit: number, after: string): Promise<readonly ListedErpUser[]> {
    const values = [company, after === '' ? '' : sortNumber(after), limit];
    const rows = await new CompanyReader(this.database, company).query({ text: USERS_SQL, values });
    return z.array(userRow).parse(rows).map(listed);
  }

  /** Those whose last name begins with a text, in the order of their names; all where it is blank. */
  async employees(
    company: string,
    text: string,
    limit: number,
    after: string,
  ): Promise<readonly ListedEmployee[]> {
    const values = [company, foldText(text.trim()), after, limit];
    const rows = await new CompanyReader(this.database, company).query({ text: EMPLOYEES_SQL, values });
    return z
      .array(employeeRow)
      .parse(rows)
      .map((row) => {
        const { number, first_name: firstName, last_name: lastName } = row;
        return { number, firstName, lastName, ...reachedAt(row) };
      });
  }
}

function listed(row: z.infer<typeof userRow>): ListedErpUser {
  const { employee, linked_employee: linked, user_id: user } = row;
  const reached = reachedAt(row);
  return {
    number: row.number,
    userName: row.user_name,
    firstName: row.first_name || (row.employee_first_name ?? ''),
    lastName: row.last_name || (row.employee_last_name ?? ''),
    ...reached,
    ...(employee !== null && {
      employee: { number: employee, linkedBy: linked === null ? 'business-system' : 'administrator' },
    }),
    standing: erpStandingOf(user ?? undefined, employee === null ? undefined : reached),
    ...(user !== null && { user }),
    roles: Object.entries(row.roles ?? {}).map(([product, level]) => ({ product, level })),
  };
}

function reachedAt({ email, phone }: Pick<z.infer<typeof employeeRow>, 'email' | 'phone'>) {
  return { ...(email !== null && { email }), ...(phone !== null && { phone }) };
}
