import { describe, expect, it } from '@jest/globals';

import { serviceTask } from './service-task.js';

describe('the task of a process', () => {
  it('is to serve unless another is named', () => {
    expect([serviceTask([]), serviceTask(['serve']), serviceTask(['migrate'])]).toEqual([
      'serve',
      'serve',
      'migrate',
    ]);
  });

  it('is refused when there is none of that name, with the one that was meant', () => {
    expect(() => serviceTask(['migrat'])).toThrow(
      '«migrat» is not a task; there are serve, topics, migrate, await, api, one at a time. Did you mean migrate?',
    );
    expect(() => serviceTask(['topics', 'migrate'])).toThrow('«topics migrate» is not a task');
  });
});
