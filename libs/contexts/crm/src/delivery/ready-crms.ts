import type { Crm, CrmCheck } from '../crm/crm.js';

/**
 * Which CRMs were found ready since this process has known them. Nothing is written to one before, nor asked of it: a link may have been started while its
 * CRM was failing, and then fields of ours may be missing, for which it would refuse every record for good.
 */
export class ReadyCrms {
  readonly #checks = new WeakMap<Crm, Promise<CrmCheck>>();

  /** Asks a CRM until it is ready, and then never again; of several who want to know at once, one asks. */
  async check(crm: Crm, signal: AbortSignal): Promise<CrmCheck> {
    const known = this.#checks.get(crm) ?? crm.check(signal);
    this.#checks.set(crm, known);
    try {
      const check = await known;
      if (check.kind !== 'ready') this.#checks.delete(crm);
      return check;
    } catch (error) {
      this.#checks.delete(crm);
      throw error;
    }
  }
}
