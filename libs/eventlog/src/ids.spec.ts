import { describe, expect, it } from '@jest/globals';

import { derivedUuid, uuidv7 } from './ids.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('uuidv7', () => {
  it('makes UUIDs of version 7 that begin with the milliseconds', () => {
    const now = Date.now() + 1;
    const id = uuidv7(now);
    expect(id).toMatch(UUID_V7);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now);
  });

  it('ascends strictly, within one millisecond and when that holds more ids than the counter', () => {
    const now = Date.now() + 10;
    let previous = uuidv7(now);
    for (let made = 0; made < 300_000; made += 1) {
      const next = uuidv7(now);
      if (next <= previous) throw new Error(`${next} does not come after ${previous}`);
      previous = next;
    }
    expect(previous).toMatch(UUID_V7);
  });

  it('goes on from the latest time when the clock goes back', () => {
    const later = uuidv7(Date.now() + 60_000);
    expect(uuidv7(Date.now()) > later).toBe(true);
  });

  it('is the same for the same time and names, and another for any other', () => {
    const now = Date.now();
    const ids = [
      derivedUuid(now, 'revert', 'a/b', '1'),
      derivedUuid(now, 'revert', 'a/b', '2'),
      derivedUuid(now, 'revert', 'a', 'b/1'),
      derivedUuid(now + 1, 'revert', 'a/b', '1'),
    ];
    for (const id of ids) expect(id).toMatch(UUID_V7);
    expect(new Set(ids).size).toBe(ids.length);
    expect(derivedUuid(now, 'revert', 'a/b', '1')).toBe(ids[0]);
  });
});
