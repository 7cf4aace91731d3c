import { describe, expect, it } from '@jest/globals';
import { PasswordHashes } from './password-hashes.js';

describe('hashes of passwords', () => {
  it('are made a few at a time; a few more wait, and whoever comes then is asked to come again', async () => {
    const hashes = new PasswordHashes({ maxAtOnce: 1, maxWaiting: 2 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => hashes.hash(`password ${index}`)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[4]).toMatchObject({ reason: { code: 'identity.busy', retryable: true } });
    // Afterwards there is room again, for as many.
    await expect(Promise.all([1, 2, 3].map(() => hashes.hash('again')))).resolves.toHaveLength(3);
  });

  it('are right for the password only, and for nobody’s never', async () => {
    const hashes = new PasswordHashes();
    const stored = await hashes.hash('hestehov om våren');
    expect(await hashes.verify(stored, 'hestehov om våren')).toBe(true);
    expect(await hashes.verify(stored, 'hestehov om høsten')).toBe(false);
    expect(await hashes.verify(undefined, 'nobody’s password')).toBe(false);
    expect(hashes.isOutdated(stored)).toBe(false);
  });
});
