import { describe, expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import { describeLog } from '../../conformance/log-contract.js';
import { publish, range, readAll, record } from '../../conformance/logs-of-test.js';
import { Seen } from '../../conformance/seen.js';
import { Faults } from './faults.js';
import { MemoryCluster } from './memory-cluster.js';
import { MemoryLog } from './memory-log.js';

const cluster = new MemoryCluster();
describeLog('Memory', { connect: () => Promise.resolve(new MemoryLog(cluster)) });

describe('Memory: simulated faults of a log', () => {
  const topic = 'test.faults';
  const withTopic = (): MemoryCluster => {
    const cluster = new MemoryCluster();
    cluster.create(topic, 4);
    return cluster;
  };

  it('may have written any part when a writer dies', async () => {
    const cluster = withTopic();
    const faults = new Faults().plan('publish.between', 'crash');
    const writer = await new MemoryLog(cluster, faults).writer();
    await expect(
      writer.publish(
        topic,
        new Map([
          [0, [record('a')]],
          [1, [record('b')]],
        ]),
      ),
    ).rejects.toThrow('died at publish.between');
    await expect(new MemoryLog(cluster, faults).ends(topic)).rejects.toThrow('died');
    const read = await readAll(new MemoryLog(cluster), topic);
    expect([...read.keys()]).toEqual([0]);
  });

  it('writes twice where a repeat is planned', async () => {
    const cluster = withTopic();
    const log = new MemoryLog(cluster, new Faults().plan('publish.repeat', 'repeat'));
    await publish(log, topic, 0, range(2));
    expect((await readAll(log, topic)).get(0)?.map(({ key }) => key)).toEqual(['0', '1', '0', '1']);
  });

  it('gives the partitions of a process that dies to the others', async () => {
    const cluster = withTopic();
    const [dying, positions] = [new Faults(), new Map<string, bigint>()];
    const [one, two] = [new Seen(), new Seen()];
    await new MemoryLog(cluster, dying).subscribe('group', [topic], one.handler(undefined, positions));
    const survivor = new MemoryLog(cluster);
    await survivor.subscribe('group', [topic], two.handler(undefined, positions));
    for (let partition = 0; partition < 4; partition += 1)
      await publish(survivor, topic, partition, range(3));
    await waitFor(() => one.total + two.total === 12, { describe: 'all records' });
    expect(one.total).toBe(6);
    dying.kill();
    for (let partition = 0; partition < 4; partition += 1)
      await publish(survivor, topic, partition, range(3));
    await waitFor(() => two.total === 18, { describe: 'the survivor to have the rest' });
    await survivor.close();
  });

  it('meets the same faults for the same seed', async () => {
    const run = async (seed: number): Promise<string | undefined> => {
      const faults = new Faults(seed, { crash: 0.05, fail: 0.1 });
      const log = new MemoryLog(withTopic(), faults);
      for (let round = 0; round < 200 && faults.diedAt === undefined; round += 1) {
        await publish(log, topic, round % 4, ['x']).catch(() => undefined);
      }
      return faults.diedAt;
    };
    expect(await run(7)).toBeDefined();
    expect(await run(7)).toBe(await run(7));
  });
});
