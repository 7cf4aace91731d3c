/** Numbers separated by points, and whatever a vendor writes after them: `13.02`, `5.3.1`, `12.10.1234 SP2`. */
const NUMBERS = /^\s*v?(\d{1,9}(?:\.\d{1,9})*)/i;

/** Whether a version is at least another; compared number by number, so that 5.10 is later than 5.3. Of what is no version: false. */
export function isAtLeast(version: string, least: string): boolean {
  const [has, needs] = [numbersOf(version), numbersOf(least)];
  if (!has || !needs) return false;
  for (let at = 0; at < Math.max(has.length, needs.length); at += 1) {
    const difference = (has[at] ?? 0) - (needs[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbersOf(version: string): readonly number[] | undefined {
  return NUMBERS.exec(version)?.[1]?.split('.').map(Number);
}
