import { describe, expect, it } from '@jest/globals';
import { inTurn } from './in-turn.js';

const refused = Object.assign(new Error('index row size 8000 exceeds the maximum'), { code: '54000' });
const aborted = Object.assign(new Error('current transaction is aborted'), { code: '25P02' });

describe('statements that were sent one behind the other', () => {
  it('give what each has answered', async () => {
    expect(await inTurn(Promise.resolve(1), Promise.resolve('two'))).toEqual([1, 'two']);
  });

  it('say what was refused, not that the transaction had ended by then', async () => {
    await expect(inTurn(Promise.reject(aborted), Promise.reject(refused))).rejects.toBe(refused);
    const within = inTurn(Promise.reject(refused), Promise.reject(aborted));
    await expect(inTurn(within, Promise.reject(aborted))).rejects.toBe(refused);
    await expect(inTurn(Promise.resolve(1), Promise.reject(aborted))).rejects.toBe(aborted);
  });
});
