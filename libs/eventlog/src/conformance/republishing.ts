import { describe, expect, it } from '@jest/globals';
import { isRejection } from '@samspill/kernel';
import { uniqueName, waitFor } from '@samspill/testing';
import { createMissingTopics } from '../create-topics.js';
import { companies, company, scenes } from './scene.js';
import { TOY_PARTITIONS } from './toy/toy-manifests.js';
import { account, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** G66, G67: topics that are lost, and topics that are made. */
export function describeRepublishing(make: MakeWorld): void {
  describe('lost topics', () => {
    const scene = scenes(make);

    it('G66 are told from what the event store has, filled again, and named by the projections that have read them', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      for (const each of companies) await bank.append(each, 'toy.account', '1', account('1', 'Ærø'));
      await opened.published(bank);
      await opened.caughtUp(bank);
      const sound = { state: 'in-step', why: [], lacking: [], stored: companies.length, waiting: 0 };
      expect(await bank.eventLog.republishing.status(true)).toMatchObject(sound);
      expect(await replaced(bank)).toEqual([]);
      await opened.stop(bank);
      await opened.world.recreateTopics();

      const later = await opened.bankConnected();
      const lost = await later.eventLog.republishing.status(true);
      expect(lost).toMatchObject({ state: 'lacking', onLog: 0, stored: companies.length });
      expect(lost.lacking).toHaveLength(TOY_PARTITIONS);
      expect(lost.why[0]).toMatch(/:\d+ is empty, though events were published to it\.$/);
      later.eventLog.start();
      await inStep(later);
      expect(await later.eventLog.republishing.status(true)).toMatchObject({
        ...sound,
        onLog: companies.length,
      });
      expect(await replaced(later)).toEqual(['toy.account', 'toy.balance']);
      for (const { name } of later.eventLog.manifest.projections) await later.eventLog.rebuild(name);
      expect(await replaced(later)).toEqual([]);
      expect(await opened.rows('toy.account')).toHaveLength(companies.length);
    });

    it('G66 having a sound topic compared again publishes nothing twice', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await bank.append(company, 'toy.account', '1', account('1', 'Ærø'));
      await opened.published(bank);
      expect(isRejection(await bank.eventLog.republishing.start())).toBe(false);
      await bank.append(company, 'toy.account', '2', account('2', 'Moss'));
      await opened.published(bank);
      await inStep(bank);
      expect(await opened.records()).toHaveLength(2);
    });

    it('G67 are made as they are declared when somebody asks, and those that exist are never altered', async () => {
      const opened = await scene();
      const { log, eventStore } = await opened.bankConnected();
      const declared = { manifest: opened.bankManifest, log, eventStore, partitions: TOY_PARTITIONS };
      const all = await createMissingTopics(declared);
      expect(all).toEqual({ created: [], missingOfOthers: [] });
      const more = await createMissingTopics({ ...declared, partitions: TOY_PARTITIONS + 1 });
      expect(more).toMatchObject({
        code: 'topics.drift-conflict',
        detail: expect.stringContaining('partitions are never added'),
      });
      expect(await log.ends(declared.manifest.topic)).toHaveLength(TOY_PARTITIONS);
      const another = { ...declared.manifest, topic: uniqueName('toy.another') };
      const made = await createMissingTopics({ ...declared, manifest: another });
      expect(made).toEqual({ created: [another.topic], missingOfOthers: [] });
      expect(await log.ends(another.topic)).toHaveLength(TOY_PARTITIONS);
    });
  });
}

/** Projections that have read a log that is not there any more. */
async function replaced(bank: ToyProcess): Promise<readonly string[]> {
  const projections = await bank.eventLog.overview.projections();
  return projections.filter((one) => one.replaced.length > 0).map(({ name }) => name);
}

async function inStep(bank: ToyProcess): Promise<void> {
  await waitFor(async () => (await bank.eventLog.republishing.status(false)).state === 'in-step', {
    describe: 'the topic to have everything',
  });
}
