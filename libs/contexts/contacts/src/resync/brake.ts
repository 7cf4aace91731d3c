/** So many records may always go: in a small company a few are a large share. */
export const USUAL_REMOVALS_MAX = 20;
/** Of a larger number of records, this share may go without anybody being asked. */
export const USUAL_REMOVALS_SHARE = 0.2;

/** What a resync would remove of one scope: the records that are there, and how many of them the snapshot lacks. */
export interface ScopeRemovals {
  readonly records: number;
  readonly removals: number;
}

/** Whether a person has to say that so many removals are meant (C35). */
export function isUnusual({ records, removals }: ScopeRemovals): boolean {
  return removals > Math.max(USUAL_REMOVALS_MAX, records * USUAL_REMOVALS_SHARE);
}
