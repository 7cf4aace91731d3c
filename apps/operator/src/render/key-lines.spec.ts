import { describe, expect, it } from '@jest/globals';
import type { KeysAnswer } from '@samspill/platform/answers';
import { checkLines, isSettled, keysLines, keysProgress, rotationLines } from './key-lines.js';

const own = 'samspill.contacts';
const settled: KeysAnswer = {
  topic: 'samspill.keys',
  masterKeys: ['new', 'old'],
  counts: [
    { topic: own, state: 'forgotten', keys: 12 },
    { topic: own, state: 'kept', master: 'new', keys: 1_204 },
  ],
  toRotate: 0,
};
const rotating: KeysAnswer = {
  ...settled,
  counts: [
    ...settled.counts,
    { topic: own, state: 'kept', master: 'old', keys: 37 },
    { topic: 'samspill.identity', state: 'kept', master: 'older', keys: 3 },
  ],
  toRotate: 37,
};

describe('the keys of a service', () => {
  it('are shown by the master key that seals them, with what is to be done', () => {
    expect(keysLines('contacts', rotating, ' --url http://a')).toEqual([
      'contacts  samspill.keys',
      '  master keys  new (seals), old',
      '  KEYS OF            STATE      MASTER KEY            KEYS',
      '  samspill.contacts  forgotten                          12',
      '  samspill.contacts  kept       new                  1,204',
      '  samspill.contacts  kept       old                     37',
      '  samspill.identity  kept       older WAS NOT GIVEN      3',
      '  37 of its own are to be sealed with new: samspill keys rotate --service contacts --reason "…" --url http://a',
    ]);
    expect(
      keysLines('contacts', { ...settled, counts: [], failing: 'the log is away' }, '').slice(2),
    ).toEqual(['  no keys yet', '  KEYS DO NOT COME IN: the log is away']);
  });

  it('need nobody only where each is sealed with the first master key and keys come in', () => {
    expect(isSettled(settled)).toBe(true);
    expect(isSettled(rotating)).toBe(false);
    expect(isSettled({ ...rotating, toRotate: 0 })).toBe(false);
    expect(isSettled({ ...settled, failing: 'the log is away' })).toBe(false);
  });

  it('that are missing are named with an event that they seal', () => {
    const checked = { kind: 'checked' as const, events: 9_120, sealed: { kept: 8_700, forgotten: 31 } };
    expect(checkLines('contacts', { ...checked, missing: 0, named: [] })).toEqual([
      'contacts: every key is there and opens (9,120 events, 8,700 sealed, 31 of forgotten people)',
    ]);
    const named = [
      { key: 'k1', topic: own, partition: 3, offset: '17', problem: 'absent' as const },
      { key: 'k2', topic: own, partition: 4, offset: '2', problem: 'master-key-missing' as const },
    ];
    expect(checkLines('contacts', { ...checked, missing: 5, named })).toEqual([
      'contacts: 5 KEYS ARE MISSING OR DO NOT OPEN (9,120 events, 8,700 sealed, 31 of forgotten people)',
      '  KEY  PROBLEM                       AN EVENT',
      '  k1   is not there                  samspill.contacts:3:17',
      '  k2   its master key was not given  samspill.contacts:4:2',
      '  and 3 more',
    ]);
    expect(checkLines('contacts', { kind: 'failed', code: 'x', detail: 'The log is away.' })).toEqual([
      'contacts: could not be read to its end: The log is away.',
    ]);
  });

  it('that were sealed anew are counted, and what is left is said', () => {
    const rotated = { kind: 'rotated' as const, masterKey: 'new', rotated: 1_204 };
    expect(rotationLines('contacts', { ...rotated, left: 0 }, '')).toEqual([
      'contacts: 1,204 keys sealed with new; no key of its own is sealed with another one',
    ]);
    expect(rotationLines('contacts', { ...rotated, left: 2 }, '').join('')).toContain(
      '2 ARE SEALED WITH ANOTHER ONE STILL. Begin again',
    );
    expect(rotationLines('contacts', { kind: 'failed', code: 'x', detail: 'The log is away.' }, '')).toEqual([
      'contacts: broken off: The log is away. What was sealed anew stays so; begin again.',
    ]);
    expect(keysProgress('contacts', { done: 500, total: 1_204 }, 'keys')).toBe('contacts  500 of 1,204 keys');
  });
});
