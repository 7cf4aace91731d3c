import { describe, expect, it } from '@jest/globals';

import { waitFor } from './wait-for.js';

describe('waitFor', () => {
  it('asks until there is an answer and returns it', async () => {
    let asked = 0;
    expect(
      await waitFor(() => (++asked === 3 ? 'there' : undefined), { describe: 'it', intervalMs: 1 }),
    ).toBe('there');
    expect(asked).toBe(3);
  });

  it('takes zero and the empty string for answers', async () => {
    expect(await waitFor(() => 0, { describe: 'a number' })).toBe(0);
    expect(await waitFor(() => '', { describe: 'a text' })).toBe('');
  });

  it('says what it waited for and the last answer', async () => {
    await expect(waitFor(() => false, { describe: 'the row', timeoutMs: 5, intervalMs: 1 })).rejects.toThrow(
      'Waited 5 ms for the row: the last answer was false',
    );
  });

  it('takes an error for "not yet", and ends with it', async () => {
    let asked = 0;
    const refusing = (): true => {
      if (++asked < 3) throw new Error('refused');
      return true;
    };
    expect(await waitFor(refusing, { describe: 'the service', intervalMs: 1 })).toBe(true);
    const failing = () => Promise.reject(new Error('refused'));
    await expect(waitFor(failing, { describe: 'the service', timeoutMs: 5 })).rejects.toThrow(
      'the service: refused',
    );
  });

  it('does not wait for ever for a condition that never answers', async () => {
    const silent = () => new Promise<boolean>(() => undefined);
    await expect(waitFor(silent, { describe: 'silence', timeoutMs: 5 })).rejects.toThrow(
      'silence: it did not answer',
    );
  });
});
