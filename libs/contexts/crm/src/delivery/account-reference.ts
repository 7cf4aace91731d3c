/**
 * What the CRM calls a record, as the ledger and the log keep it: with the account, `hubspot/4711/37`. In another account 37 is a record of
 * somebody else.
 */
export function keptReference(account: string, crmId: string): string {
  return `${account}/${crmId}`;
}

/** What this account calls the record; undefined where the reference is of another one. */
export function crmIdIn(account: string, reference: string | undefined): string | undefined {
  const ours = keptReference(account, '');
  return reference?.startsWith(ours) === true ? reference.slice(ours.length) : undefined;
}
