import { describe, expect, it } from '@jest/globals';
import { FreshAnswers } from './fresh-answers.js';

/** Questions that are answered when the test says so. */
class Oracle {
  readonly #open: PromiseWithResolvers<string>[] = [];
  readonly answers = new FreshAnswers(async () => {
    const question = Promise.withResolvers<string>();
    this.#open.push(question);
    return await question.promise;
  });

  get begun(): number {
    return this.#open.length;
  }

  answer(index: number, text: string): void {
    this.#open[index]?.resolve(text);
  }

  fail(index: number, text: string): void {
    this.#open[index]?.reject(new Error(text));
  }
}

describe('answers that are shared', () => {
  it('are begun no earlier than they were asked for', async () => {
    const oracle = new Oracle();
    const first = oracle.answers.ask();
    const second = oracle.answers.ask();
    const third = oracle.answers.ask();
    expect(oracle.begun).toBe(1);
    oracle.answer(0, 'before');
    expect(await first).toBe('before');
    await Promise.resolve();
    expect(oracle.begun).toBe(2);
    oracle.answer(1, 'after');
    expect(await Promise.all([second, third])).toEqual(['after', 'after']);
    expect(oracle.begun).toBe(2);
  });

  it('fail for those who share them, and are asked for anew afterwards', async () => {
    const oracle = new Oracle();
    const first = oracle.answers.ask();
    const second = oracle.answers.ask();
    oracle.fail(0, 'the broker is away');
    await expect(first).rejects.toThrow('the broker is away');
    await Promise.resolve();
    oracle.answer(1, 'it is back');
    expect(await second).toBe('it is back');
    const third = oracle.answers.ask();
    oracle.answer(2, 'still there');
    expect(await third).toBe('still there');
  });

  it('leave nothing under way once they are idle', async () => {
    const oracle = new Oracle();
    await oracle.answers.idle();
    const asked = oracle.answers.ask();
    const idle = oracle.answers.idle();
    oracle.answer(0, 'done');
    await idle;
    expect(await asked).toBe('done');
  });
});
