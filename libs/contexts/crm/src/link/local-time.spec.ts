import { describe, expect, it } from '@jest/globals';
import { isTimeZone, momentOf } from './local-time.js';

describe('the company’s clock', () => {
  it.each([
    ['2026-02-28T00:00', 'Europe/Oslo', '2026-02-27T23:00:00.000Z'],
    ['2026-07-01T12:30:15', 'Europe/Helsinki', '2026-07-01T09:30:15.000Z'],
    ['2026-01-01T00:00', 'America/St_Johns', '2026-01-01T03:30:00.000Z'],
    ['2010-06-04T00:00', 'Europe/Oslo', '2010-06-03T22:00:00.000Z'],
  ])('shows %s in %s at %s (L5)', (local, zone, moment) => {
    expect(momentOf(local, zone).toISOString()).toBe(moment);
  });

  it('takes the first of an hour that comes twice, and the one before where an hour is left out', () => {
    expect(momentOf('2026-10-25T02:30', 'Europe/Oslo').toISOString()).toBe('2026-10-25T00:30:00.000Z');
    expect(momentOf('2026-03-29T02:30', 'Europe/Oslo').toISOString()).toBe('2026-03-29T00:30:00.000Z');
  });

  it('is of a zone that there is', () => {
    expect(isTimeZone('Europe/Stockholm')).toBe(true);
    expect(isTimeZone('Oslo')).toBe(false);
  });
});
