import { describe, expect, it } from '@jest/globals';
import { accountProjection } from '../conformance/toy/account.projection.js';
import { balanceProjection } from '../conformance/toy/balance.projection.js';
import type { PartitionEnds } from '../log.js';
import { partitionOf } from '../partitioner.js';
import { isByPartition, unitsOf } from './units.js';

const ends = (...lengths: readonly number[]): readonly PartitionEnds[] =>
  lengths.map((length) => ({ begin: 0n, end: BigInt(length), identity: length > 0 ? 'log' : undefined }));
const account = accountProjection('bank');
const balance = balanceProjection('bank', 'owners');
const unitEvents = 10;

describe('units of a rebuild', () => {
  it('are partitions of all topics, small ones together', () => {
    const units = unitsOf(
      balance,
      new Map([
        ['bank', ends(4, 4, 20, 1)],
        ['owners', ends(1, 2, 0, 3)],
      ]),
      [],
      { unitEvents },
    );
    expect(units.map(({ events }) => events)).toEqual([11, 20, 4]);
    expect(units.map(({ reached }) => [...new Set(reached.map(({ partition }) => partition))])).toEqual([
      [0, 1],
      [2],
      [3],
    ]);
    expect(units[1]?.ranges).toEqual([{ topic: 'bank', partition: 2, from: 0n, to: 20n }]);
  });

  it('leave out partitions that have their checkpoints', () => {
    const topics = new Map([['bank', ends(20, 20, 20)]]);
    const done = [0, 2].map((partition) => ({ topic: 'bank', partition, nextOffset: 5n, log: 'log' }));
    expect(unitsOf(account, topics, done, { unitEvents }).map(({ ranges }) => ranges[0]?.partition)).toEqual([
      1,
    ]);
  });

  it('are one where rows are not kept by company, or topics have different numbers of partitions', () => {
    const uneven = new Map([
      ['bank', ends(20, 20)],
      ['owners', ends(20)],
    ]);
    expect(isByPartition(balance, uneven)).toBe(false);
    expect(unitsOf(balance, uneven, [], { unitEvents }).map(({ events }) => events)).toEqual([60]);
    expect(() => unitsOf(balance, uneven, [], { company: 'a' })).toThrow('does not keep its rows by company');
  });

  it('of one company are its partition, up to an offset where one is given', () => {
    const topics = new Map([['bank', ends(20, 20, 20, 20)]]);
    const [unit, ...others] = unitsOf(account, topics, [], { company: 'some company', before: () => 7n });
    expect(others).toEqual([]);
    const partition = partitionOf('some company', 4);
    expect(unit?.ranges).toEqual([{ topic: 'bank', partition, from: 0n, to: 7n }]);
    expect(unit?.reached).toEqual([{ topic: 'bank', partition, nextOffset: 7n, log: 'log' }]);
  });
});
