import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { streamName } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { fromKeyRecord, toKeyRecord } from '../keys/key-record.js';
import type { KeyStore, StoredKey } from '../keys/key-store.js';
import { MasterKeys } from '../keys/master-keys.js';
import type { LogRecord } from '../log.js';
import { keyIdOf } from '../keys/sealed-value.js';
import { overriding } from './overriding.js';
import { allRows, masterKeys, newMaster, oldMaster, people, rowsOfGenerations, secretsIn } from './people.js';
import { fill, keyIsGone, personStream } from './personal-data.js';
import { company, scenes, type Scene } from './scene.js';
import { forgotten, person } from './toy/people.js';
import { curiousManifest, peopleManifest } from './toy/toy-manifests.js';
import { context, type Between, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld, ServiceDatabase } from './world.js';

/** G53 to G57, G68: keys that come late, not at all, are lost with their database or their topic, or are sealed anew. */
export function describeKeysAway(make: MakeWorld): void {
  describe('keys of personal data', () => {
    const scene = scenes(make);

    it('G53 are waited for where they come late, with the reason in the status, and reading goes on by itself', async () => {
      const opened = await scene();
      const writer = await people(opened);
      await fill(writer);
      await opened.published(writer);
      const [late] = (await opened.records(opened.world.topics.keys)).map(fromKeyRecord);
      const database = await opened.world.database();
      let isLate = true;
      const keyStore = (store: KeyStore): KeyStore =>
        overriding(store, {
          takeIn: (keys, positions) =>
            store.takeIn(
              keys.filter(({ id }) => !isLate || id !== late?.id),
              isLate ? { ...positions, next: new Map() } : positions,
            ),
        });
      const reader = await curious(opened, database, { keyStore });
      reader.eventLog.start();
      await waitFor(
        () => {
          const { projections } = reader.eventLog.status();
          return projections.state !== 'running' || reader.eventLog.keys?.failure !== undefined;
        },
        { describe: 'the reader to wait' },
      );
      // Other reasons may come before it, such as an event store that is still being filled.
      await waitFor(
        async () =>
          (await reader.projectionStore.operations.open()).find(({ failure }) =>
            (failure ?? '').includes('has not arrived from the topic of keys, and is not forgotten either'),
          ),
        { describe: 'the reason to be stated' },
      );
      isLate = false;
      await reader.ready();
      await opened.caughtUp(reader);
      expect(await allRows(reader, database)).toMatchObject([{ name: 'Åse Kjær' }, { name: 'Liv' }]);
    });

    it('G54 are forgotten by whoever was away meanwhile, also where the topic was not told of it', async () => {
      const opened = await scene();
      const writer = await people(opened, { keyStore: neverTold });
      await fill(writer);
      const database = await opened.world.database();
      const before = await startCurious(opened, database);
      await opened.caughtUp(before);
      expect(secretsIn(JSON.stringify(await allRows(before, database)))).not.toEqual([]);
      await opened.stop(before);
      await writer.append(company, 'toy.person', '1', forgotten);
      await opened.published(writer);
      const after = await startCurious(opened, database);
      await opened.caughtUp(after);
      expect(await allRows(after, database)).toMatchObject([{ name: 'Liv' }]);
      expect(await kept(after, opened)).toEqual(['forgotten']);
    });

    it('G54 that are forgotten are not waited for by whoever comes when they are gone', async () => {
      const opened = await scene();
      const writer = await people(opened);
      await fill(writer);
      await writer.append(company, 'toy.person', '1', forgotten);
      await keyIsGone(opened);
      const database = await opened.world.database();
      const reader = await startCurious(opened, database);
      await opened.caughtUp(reader);
      expect(await allRows(reader, database)).toMatchObject([{ name: 'Liv' }]);
      expect(secretsIn(JSON.stringify([...(await rowsOfGenerations(reader))]))).toEqual([]);
    });

    it('G54 are told of by whichever process lives, where the one that forgot them has died', async () => {
      const opened = await scene();
      const writer = await people(opened, { keyStore: neverTold });
      await fill(writer);
      await writer.append(company, 'toy.person', '1', forgotten);
      await opened.stop(writer);
      await people(opened);
      await keyIsGone(opened);
    });

    it('G54 are told of again where the topic says last that they are kept, read together with what was said before', async () => {
      const opened = await scene();
      const manifest = peopleManifest(opened.world.topics);
      const { keyStore: store } = await opened.bankConnected({ masterKeys }, opened.bankDatabase, manifest);
      const states = (id: string): readonly [kept: StoredKey, gone: StoredKey] => {
        const name = { topic: opened.world.topics.people, subject: personStream, id };
        const wrapped = { master: 'old', bytes: Buffer.from(id) };
        return [
          { ...name, state: 'kept', wrapped, wrappedAt: '2026-03-01T12:00:00.000Z' },
          { ...name, state: 'forgotten', by: randomUUID() },
        ];
      };
      const [kept, gone] = states('put back by whoever filled a lost topic');
      await store.takeIn([...states('in order'), kept, gone, kept], { log: 'any', next: new Map() });
      const untold = (): Promise<readonly StoredKey[]> =>
        store.unannounced(opened.world.topics.people, '', 9);
      expect(await untold()).toEqual([gone]);

      await store.readAnew('the topic now', 1);
      const upTo = (end: bigint, log = 'the topic now') => ({ log, next: new Map([[0, end]]) });
      await store.takeIn([gone, kept], upTo(2n));
      expect(await untold()).toEqual([gone]);
      // By whoever has read it more slowly, and by whoever still reads a topic that was lost.
      await store.takeIn([gone], upTo(1n));
      await store.takeIn([gone], upTo(3n, 'the topic before'));
      expect(await untold()).toEqual([gone]);
      await store.takeIn([gone], upTo(3n));
      expect(await untold()).toEqual([]);
    });

    it('G55 come back with a lost database, and what is forgotten stays so', async () => {
      const opened = await scene();
      const writer = await people(opened);
      await fill(writer);
      await writer.append(company, 'toy.person', '1', forgotten);
      await writer.settled([company]);
      await keyIsGone(opened);
      const rows = await allRows(writer, opened.bankDatabase);
      await opened.stop(writer);
      const database = await opened.world.database();
      const again = await people(opened, {}, database);
      await opened.caughtUp(again);
      expect(await allRows(again, database)).toEqual(rows);
      expect(await kept(again, opened)).toEqual(['forgotten']);
      await again.append(company, 'toy.person', '2', person('Liv Ullmann'));
      const stored = await again.eventStore.read(streamName('toy.person', company, '2'));
      expect(new Set(stored.map(({ value }) => keyIdOf(value))).size).toBe(1);
      expect(await again.eventLog.keys?.care.check()).toMatchObject({ missing: 0 });
    });

    it('G55 of a database put back from before somebody was forgotten are forgotten again', async () => {
      const opened = await scene();
      const writer = await people(opened);
      await fill(writer);
      await opened.stop(writer);
      const backup = await opened.bankDatabase.copy();
      const later = await people(opened);
      await later.append(company, 'toy.person', '1', forgotten);
      await later.settled([company]);
      await opened.stop(later);
      const restored = await people(opened, {}, backup);
      await opened.caughtUp(restored);
      expect(await kept(restored, opened)).toEqual(['forgotten']);
      expect(secretsIn(JSON.stringify(await allRows(restored, backup)))).toEqual([]);
    });

    it('G68 are published again, and what is forgotten of them, where their topic is another one, however long it is', async () => {
      const opened = await scene();
      const writer = await people(opened);
      await fill(writer);
      await writer.append(company, 'toy.person', '1', forgotten);
      await keyIsGone(opened);
      const before = await keysOnTopic(opened);
      const rows = await allRows(writer, opened.bankDatabase);
      await opened.stop(writer);
      await opened.world.recreateTopics();
      await opened.publish(opened.world.topics.keys, ...manyKeysOfOthers());

      const manifest = peopleManifest(opened.world.topics);
      const after = await opened.bankConnected({ masterKeys }, opened.bankDatabase, manifest);
      after.eventLog.start();
      await waitFor(async () => (await keysOnTopic(opened)).size === before.size, {
        describe: 'the keys to be on the topic again',
      });
      expect(await keysOnTopic(opened)).toEqual(before);
      await waitFor(() => after.eventLog.status().gate.state === 'open', { describe: 'writing to be open' });
      await opened.published(after);
      await opened.stop(after);
      const lost = await opened.world.database();
      const again = await people(opened, {}, lost);
      await opened.caughtUp(again);
      expect(await allRows(again, lost)).toEqual(rows);
      expect(await again.eventLog.keys?.care.check()).toMatchObject({ missing: 0 });
    });

    it('G56 are sealed anew with another master key, also when that was broken off, and the former one is of no use then', async () => {
      const opened = await scene();
      const before = await people(opened);
      await fill(before);
      const rows = await allRows(before, opened.bankDatabase);
      await opened.stop(before);
      const both = new MasterKeys([newMaster, oldMaster]);
      const breaking = (store: KeyStore): KeyStore =>
        overriding(store, {
          rewrap: (which, work) =>
            store.rewrap({ ...which, limit: 1 }, async (keys) => {
              await work(keys);
              throw new Error('killed between the topic and the database');
            }),
        });
      const broken = await people(opened, { masterKeys: both, keyStore: breaking });
      await expect(broken.eventLog.keys?.care.rotate()).rejects.toThrow('killed');
      await opened.stop(broken);
      const rotating = await people(opened, { masterKeys: both });
      expect(await rotating.eventLog.keys?.care.rotate()).toMatchObject({ masterKey: 'new', left: 0 });
      expect(await rotating.eventLog.keys?.care.status()).toMatchObject({ toRotate: 0 });
      expect(await rotating.eventLog.keys?.care.rotate()).toMatchObject({ rotated: 0, left: 0 });
      await opened.stop(rotating);
      const after = await people(opened, { masterKeys: new MasterKeys([newMaster]) });
      expect(await after.eventLog.keys?.care.check()).toMatchObject({ missing: 0, sealed: { kept: 5 } });
      for (const { name } of after.eventLog.manifest.projections) await after.eventLog.rebuild(name);
      expect(await allRows(after, opened.bankDatabase)).toEqual(rows);
      const lost = await opened.world.database();
      const without = await people(opened, { masterKeys: new MasterKeys([newMaster]) }, lost);
      await opened.caughtUp(without);
      expect(await allRows(without, lost)).toEqual(rows);
      const former = await people(opened, { masterKeys: new MasterKeys([oldMaster]) });
      const reading = former.eventLog.transact(context(), (unit) => unit.load(personStream));
      await expect(reading).rejects.toMatchObject({ code: 'eventlog.master-key-missing' });
      expect(await former.eventLog.keys?.care.check()).toMatchObject({
        missing: 2,
        named: [{ problem: 'master-key-missing' }, { problem: 'master-key-missing' }],
      });
    });

    it('G57 of a process that dies between making and using one do no harm', async () => {
      const opened = await scene();
      const dying = await people(opened, {
        eventStore: (store) =>
          overriding(store, {
            append: () => Promise.reject(new Error('killed after the topic has the key')),
          }),
      });
      await expect(dying.append(company, 'toy.person', '1', person('Åse Kjær'))).rejects.toThrow('killed');
      await opened.stop(dying);
      const after = await people(opened);
      await waitFor(async () => (await kept(after, opened)).length > 0, {
        describe: 'the key that was never used to come in',
      });
      await after.append(company, 'toy.person', '1', person('Åse Kjær'));
      await after.append(company, 'toy.person', '1', forgotten);
      await keyIsGone(opened);
      const all = (await after.keyStore.ofSubjects(opened.world.topics.people, [personStream])).get(
        personStream,
      );
      expect(all?.map(({ state }) => state)).not.toContain('kept');
      expect(await after.eventLog.keys?.care.check()).toMatchObject({ missing: 0, sealed: { forgotten: 1 } });
    });
  });
}

/** A process that never tells the topic of keys of what is forgotten, as if it died before. */
const neverTold = (store: KeyStore): KeyStore =>
  overriding(store, { unannounced: () => Promise.resolve([]) });

/** More than were ever on the topic, in every partition. */
function manyKeysOfOthers(): readonly LogRecord[] {
  return Array.from({ length: 60 }, (_, index) =>
    toKeyRecord(
      {
        topic: 'others',
        subject: `others/${index}`,
        id: `key-${index}`,
        state: 'forgotten',
        by: randomUUID(),
      },
      Date.now(),
    ),
  );
}

/** What the topic of keys says last of each key of the people's, by its id. */
async function keysOnTopic(scene: Scene): Promise<ReadonlyMap<string, StoredKey>> {
  const keys = (await scene.records(scene.world.topics.keys)).flatMap(
    (record) => fromKeyRecord(record) ?? [],
  );
  return new Map(keys.filter(({ topic }) => topic === scene.world.topics.people).map((key) => [key.id, key]));
}

async function curious(scene: Scene, database: ServiceDatabase, between: Between = {}): Promise<ToyProcess> {
  return await scene.bankConnected({ masterKeys, ...between }, database, curiousManifest(scene.world.topics));
}

async function startCurious(scene: Scene, database: ServiceDatabase): Promise<ToyProcess> {
  const process = await curious(scene, database);
  process.eventLog.start();
  await process.ready();
  return process;
}

/** States of the keys that a process has of the person. */
async function kept(process: ToyProcess, scene: Scene): Promise<readonly StoredKey['state'][]> {
  const keys = await process.keyStore.ofSubjects(scene.world.topics.people, [personStream]);
  return (keys.get(personStream) ?? []).map(({ state }) => state);
}
