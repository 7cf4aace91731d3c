import { linkSettings, type LinkSettings } from '@samspill/contracts';
import { CompanyReader, type Database } from '@samspill/eventlog';
import { DEFAULT_SETTINGS } from './link.decider.js';

/** By the index `running`: as many rows as links that are on. */
const RUNNING_SQL = `SELECT company FROM read.link_v1 WHERE is_on AND (settings->>$1)::boolean ORDER BY company`;
/** One row by primary key. */
const SETTINGS_SQL = 'SELECT settings FROM read.link_v1 WHERE company = $1';

/** The links of this service's companies, as reactors want them: asked several times a second. */
export class Links {
  constructor(private readonly database: Database) {}

  /** Companies whose link is on and lets these through. */
  async running(switchedBy: 'customers' | 'orders'): Promise<readonly string[]> {
    const { rows } = await this.database.withClient((client) =>
      client.query<{ company: string }>({
        name: 'crm-running',
        text: RUNNING_SQL,
        values: [switchedBy],
      }),
    );
    return rows.map(({ company }) => company);
  }

  async settings(company: string): Promise<LinkSettings> {
    const [row] = await new CompanyReader(this.database, company).query<{ settings: unknown }>({
      name: 'crm-settings',
      text: SETTINGS_SQL,
      values: [company],
    });
    return row ? linkSettings.parse(row.settings) : DEFAULT_SETTINGS;
  }
}
