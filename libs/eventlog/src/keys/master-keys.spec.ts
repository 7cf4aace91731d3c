import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MasterKeys, newMasterKey, readMasterKeys } from './master-keys.js';

const key = (): string => randomBytes(32).toString('base64');

describe('Master keys', () => {
  it('are read from configuration, the one that seals first', () => {
    const { keys } = readMasterKeys(`2026-11:${key()}, 2025-11:${key()}`);
    expect([keys?.current, keys?.ids]).toEqual(['2026-11', ['2026-11', '2025-11']]);
    expect(readMasterKeys(newMasterKey(new Date('2026-11-22T10:00:00Z'))).keys?.current).toBe('2026-11-22');
  });

  it('say every fault at once, and never a part of a key', () => {
    const short = randomBytes(16).toString('base64');
    const { faults } = readMasterKeys(`nonsense,a b:${key()},c:${short},d:${key()},d:${key()}`);
    expect(faults).toEqual([
      'key 1 is not written as id:base64',
      'key 2 has an id that is not 1 to 64 letters, digits, dots or dashes',
      'key 3 has 16 bytes instead of 32',
      'key 5 has the id of another one',
    ]);
    expect(faults?.join()).not.toContain(short);
  });

  it('open what any of them has sealed, under its own name only', () => {
    const [one, two] = [
      { id: 'one', key: randomBytes(32) },
      { id: 'two', key: randomBytes(32) },
    ];
    const subject = randomBytes(32);
    const wrapped = new MasterKeys([one]).wrap(subject, 'samspill.contacts/a/1');
    const both = new MasterKeys([two, one]);
    expect(both.unwrap(wrapped, 'samspill.contacts/a/1')).toEqual(subject);
    expect(both.opened(wrapped, 'samspill.contacts/a/1').state).toBe('kept');
    expect(() => both.unwrap(wrapped, 'samspill.contacts/b/1')).toThrow('does not open');
    expect(both.opened(wrapped, 'samspill.contacts/b/1').state).toBe('damaged');
    const without = new MasterKeys([two]);
    expect(without.opened(wrapped, 'samspill.contacts/a/1').state).toBe('master-key-missing');
    expect(() => without.unwrap(wrapped, 'samspill.contacts/a/1')).toThrow(
      'sealed under the master key one, which this service was not given; it has two.',
    );
  });
});
