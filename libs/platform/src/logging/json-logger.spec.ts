import { describe, expect, it } from '@jest/globals';

import { JsonLogger, type JsonLoggerOptions } from './json-logger.js';

function recorded(options: Partial<JsonLoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = new JsonLogger({
    level: 'info',
    now: () => new Date(0),
    write: (line) => lines.push(line),
    ...options,
  });
  return { logger, lines, parsed: (): unknown[] => lines.map((line): unknown => JSON.parse(line)) };
}

describe('the JSON log', () => {
  it('writes one object a line, with the time, the level, the message and the fields', () => {
    const { logger, lines, parsed } = recorded({ fields: () => ({ service: 'contacts' }) });
    logger.with({ topic: 't' }).warn('two\nlines', { offset: 12n });
    expect(lines).toEqual([expect.stringMatching(/^[^\n]+\n$/)]);
    expect(parsed()).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        level: 'warn',
        message: 'two\nlines',
        service: 'contacts',
        topic: 't',
        offset: '12',
      },
    ]);
  });

  it('leaves out what is less severe than its level', () => {
    const { logger, parsed } = recorded({ level: 'warn' });
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(parsed()).toMatchObject([{ message: 'c' }, { message: 'd' }]);
  });

  it('writes errors out, with their codes and causes', () => {
    const { logger, parsed } = recorded();
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    logger.error('failed', { error: new TypeError('no database', { cause }) });
    expect(parsed()).toMatchObject([
      {
        error: {
          name: 'TypeError',
          message: 'no database',
          cause: { message: 'refused', code: 'ECONNREFUSED' },
        },
      },
    ]);
  });

  it('writes the line even when a field cannot be written', () => {
    const { logger, parsed } = recorded();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    logger.error('odd', { circular });
    expect(parsed()).toMatchObject([{ level: 'error', message: 'odd' }]);
  });
});
