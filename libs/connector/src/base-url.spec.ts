import { describe, expect, it } from '@jest/globals';
import { allowedUrl } from './base-url.js';
import { pages } from './paging.js';
import { retryAfterMs } from './retry-after.js';

const vendor = { hosts: ['api.hubapi.com', '.superoffice.com'], origins: ['http://127.0.0.1:4010'] };

describe('An address', () => {
  it.each([
    ['https://api.hubapi.com', 'https://api.hubapi.com/'],
    ['https://online3.superoffice.com/Cust1/api', 'https://online3.superoffice.com/Cust1/api/'],
    ['http://127.0.0.1:4010/crm', 'http://127.0.0.1:4010/crm/'],
  ])('%s of a vendor, or one that an operator allows, is taken', (text, href) => {
    expect(allowedUrl(text, vendor).href).toBe(href);
  });

  it.each([
    'http://api.hubapi.com',
    'https://api.hubapi.com.evil.example',
    'https://evil.example/superoffice.com',
    'https://superoffice.com.evil.example',
    'https://evilsuperoffice.com',
    'https://api.hubapi.com:8443',
    'https://user:pass@api.hubapi.com',
    'https://169.254.169.254/latest',
    'https://api.hubapi.com/?next=http://a',
    'http://127.0.0.1:4011',
    'file:///etc/passwd',
    'api.hubapi.com',
  ])('%s is not', (text) => {
    expect(() => allowedUrl(text, vendor)).toThrow(
      expect.objectContaining({ code: 'connector.address-refused' }),
    );
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    ['99999999', 86_400_000],
  ])('%s is seconds or a date, and never longer than a day', (header, expected) => {
    expect(retryAfterMs(header, Date.parse('2026-11-22T12:00:00Z'))).toBe(expected);
  });
});

describe('Pages', () => {
  it('are asked for one by one until the last', async () => {
    const all: number[] = [];
    const fetched = (cursor: number | undefined): Promise<{ items: number[]; next?: number }> => {
      const at = cursor ?? 0;
      return Promise.resolve({ items: [at, at + 1], ...(at < 4 && { next: at + 2 }) });
    };
    for await (const item of pages(fetched)) all.push(item);
    expect(all).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('that lead to themselves end in a fault', async () => {
    const loop = async (): Promise<void> => {
      for await (const item of pages(() => Promise.resolve({ items: [1], next: 'a' }))) expect(item).toBe(1);
    };
    await expect(loop()).rejects.toThrow('a page leads to itself');
  });
});
