import { describe, expect, it } from '@jest/globals';
import { PASSWORD_MAX_LENGTH, strengthOf } from './password-policy.js';

const faults = (password: string, hasSecondFactor = false): readonly string[] =>
  strengthOf(password, ['Åse', 'Kjær', 'ase.kjaer@example.com'], hasSecondFactor).faults;

describe('the password policy', () => {
  it('W29 takes a sentence, whatever characters it is of', () => {
    expect(faults('hestehov blomstrer tidlig om våren')).toEqual([]);
    expect(faults('правильная лошадь батарея скрепка')).toEqual([]);
  });

  it('W29 asks for 15 characters, or for 8 where there is a second factor', () => {
    expect(faults('kV9#mq2!xT')).toEqual(['too-short']);
    expect(faults('kV9#mq2!xT', true)).toEqual([]);
    expect(faults('kV9#m', true)).toContain('too-short');
  });

  it('W29 names every fault at once, and knows what others choose', () => {
    expect(faults('password')).toEqual(['too-short', 'common']);
    expect(faults('aaaaaaaaaaaaaaaaaaaa')).toEqual(['weak']);
    expect(faults('ase.kjaer@example.com')).not.toEqual([]);
    expect(faults('')).toEqual(['too-short']);
  });

  it('refuses what is too long, and never cuts it', () => {
    expect(faults('x'.repeat(PASSWORD_MAX_LENGTH + 1))).toEqual(['too-long']);
  });
});
