const MS_PER_SECOND = 1_000;
/** Nobody means longer than a day; a date in a vendor's wrong time zone would. */
const LONGEST_MS = 24 * 60 * 60 * MS_PER_SECOND;

/** RFC 9110, 10.2.3: seconds, or a date. @returns undefined where it says nothing that can be used */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * MS_PER_SECOND;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, Math.ceil(ms)), LONGEST_MS);
}
