const MS_PER_DAY = 24 * 60 * 60 * 1_000;

/** Whether this runtime knows a time zone of that name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The moment when a clock in a time zone shows a date and time. An hour that comes twice is the first of the two, and one that is left out
 * the one before it: of a watermark, the earlier moment only has more looked at.
 * @param local `2026-02-28T00:00` or with seconds
 */
export function momentOf(local: string, timeZone: string): Date {
  const asUtcMs = Date.parse(`${local}Z`);
  const candidates = [asUtcMs - MS_PER_DAY, asUtcMs + MS_PER_DAY].map(
    (near) => asUtcMs - offsetMs(near, timeZone),
  );
  const shown = candidates.filter((ms) => ms + offsetMs(ms, timeZone) === asUtcMs);
  return new Date(Math.min(...(shown.length > 0 ? shown : candidates)));
}

/** How far a zone's clock is before UTC at a moment. */
function offsetMs(ms: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '00';
  const date = `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
  const shown = Date.parse(`${date}T${part('hour')}:${part('minute')}:${part('second')}Z`);
  return shown - Math.floor(ms / 1_000) * 1_000;
}
