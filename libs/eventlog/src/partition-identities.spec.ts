import { expect, it } from '@jest/globals';
import type { PartitionEnds } from './log.js';
import { PartitionIdentities } from './partition-identities.js';

const end = (identity: string | undefined): PartitionEnds => ({ begin: 0n, end: 1n, identity });

it('is the log that a reader was told to begin with, until it begins anew', async () => {
  const asked: string[] = [];
  const identities = new PartitionIdentities({
    ends: (topic) => Promise.resolve([end(`${topic} asked for ${asked.push(topic)}`), end(undefined)]),
  });
  identities.begin('a', 0, end('first'));
  expect(await identities.of('a', 0)).toBe('first');
  identities.begin('a', 0, end('second'));
  expect(await identities.of('a', 0)).toBe('second');
  expect(asked).toEqual([]);
});

it('is asked for with the first record of a partition that was empty, and never that of the topic before', async () => {
  let now = end(undefined);
  const identities = new PartitionIdentities({ ends: () => Promise.resolve([now]) });
  identities.begin('a', 0, end('former'));
  identities.begin('a', 0, now);
  await expect(identities.of('a', 0)).rejects.toThrow('a/0 is empty though a record came from it');
  now = end('made anew');
  expect(await identities.of('a', 0)).toBe('made anew');
  now = end('later still');
  expect(await identities.of('a', 0)).toBe('made anew');
});
