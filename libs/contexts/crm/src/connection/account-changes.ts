import type { CommandContext, Database, EventLog } from '@samspill/eventlog';
import { isCompanyId, isRejection, type CompanyId } from '@samspill/kernel';
import { z } from 'zod';
import type { Crms } from '../crm/crm.js';
import { REACTOR_OF } from '../link/link-overview.js';
import { TRANSFERS, type Transfer } from '../link/link-status.js';

/** A person waits for the answer; an account that is not known by then is taken for another one. */
const CHECK_TIMEOUT_MS = 15_000;
const REASON = 'The company was connected to another account.';

/** What is known is of the connection before this one, unless that was never settled: then it may have delivered to an account that nobody knows. */
const FORGET_SQL = `
  DELETE FROM crm.delivered_account d WHERE company = $1
  RETURNING CASE WHEN NOT EXISTS (
    SELECT FROM crm.connection c WHERE c.company = d.company AND c.revision <> d.revision) THEN account END AS account`;
const REVISION_SQL = 'SELECT revision FROM crm.connection WHERE company = $1';
/** Of no effect when the company was connected anew meanwhile: that is settled by itself. */
const SETTLE_SQL = `
  INSERT INTO crm.delivered_account AS d (company, account, revision)
  SELECT company, $3, revision FROM crm.connection WHERE company = $1 AND revision = $2
  ON CONFLICT (company) DO UPDATE SET account = excluded.account, revision = excluded.revision
    WHERE d.revision <= excluded.revision`;
/** There are as many rows as companies with a CRM. */
const UNSETTLED_SQL = `
  SELECT c.company, c.revision FROM crm.connection c LEFT JOIN crm.delivered_account d USING (company)
  WHERE c.connected_at < $1 AND d.revision IS DISTINCT FROM c.revision`;
const formers = z.array(z.object({ account: z.string().nullable() }));
const revisions = z.array(z.object({ revision: z.string() }));
const unsettled = z.array(z.object({ company: z.string(), revision: z.string() }));

/**
 * A company that is connected to another account has nothing there of what the ledger says that it has: all of it is gone over again, and
 * the new account is asked about each (L8). With another token for the same account nothing is.
 */
export class AccountChanges {
  constructor(
    private readonly database: Database,
    private readonly crms: Crms,
    private readonly eventLog: Pick<EventLog, 'reactors'>,
  ) {}

  /**
   * What is known of the former account is forgotten first: whoever dies in between leaves no account behind that it is not, and a connection
   * that {@link finish} finds.
   */
  async around<T>(company: CompanyId, by: CommandContext, connect: () => Promise<T>): Promise<T> {
    const [former] = formers.parse(await this.#run(FORGET_SQL, [company]));
    const connected = await connect();
    const [connection] = revisions.parse(await this.#run(REVISION_SQL, [company]));
    const account = await this.#accountOf(company);
    if (account === undefined || account !== former?.account) await this.#goOverAgain(company, by);
    if (connection) await this.#run(SETTLE_SQL, [company, connection.revision, account ?? null]);
    return connected;
  }

  /** Has everything gone over again for connections that were made before `before` and that nobody has come to the end of. */
  async finish(before: Date, by: CommandContext): Promise<void> {
    for (const { company, revision } of unsettled.parse(await this.#run(UNSETTLED_SQL, [before]))) {
      if (isCompanyId(company)) await this.#goOverAgain(company, by);
      await this.#run(SETTLE_SQL, [company, revision, null]);
    }
  }

  async #accountOf(company: CompanyId): Promise<string | undefined> {
    const crm = await this.crms.of(company);
    const check = await crm?.check(AbortSignal.timeout(CHECK_TIMEOUT_MS)).catch(() => undefined);
    return check?.kind === 'ready' ? check.account : undefined;
  }

  async #goOverAgain(company: CompanyId, by: CommandContext): Promise<void> {
    const { reactors } = this.eventLog;
    for (const transfer of TRANSFERS) {
      if (!(await this.#hasDelivered(transfer, company))) continue;
      const window = { company };
      const request = await reactors.redeliver(REACTOR_OF[transfer], window, REASON, by, { verifies: true });
      if (isRejection(request)) throw new TypeError(request.detail); // the manifest lists it, and it can be asked
    }
  }

  /** Of what has not gone anywhere yet there is nothing to ask. */
  async #hasDelivered(transfer: Transfer, company: CompanyId): Promise<boolean> {
    const status = await this.eventLog.reactors.statusOf(REACTOR_OF[transfer], company);
    if (isRejection(status)) throw new TypeError(status.detail);
    const { confirmed, refused, lastConfirmedAt } = status.counts;
    return confirmed + refused > 0 || lastConfirmedAt !== undefined;
  }

  async #run(text: string, values: unknown[]): Promise<unknown> {
    return (await this.database.withClient((client) => client.query({ text, values }))).rows;
  }
}
