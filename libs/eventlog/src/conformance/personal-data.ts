import { describe, expect, it } from '@jest/globals';
import { streamName } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { fromRecord } from '../codec.js';
import { fromKeyRecord } from '../keys/key-record.js';
import { keyIdOf } from '../keys/sealed-value.js';
import { decodedWhole } from '../received-record.js';
import { granted, reaches, start } from './operating.js';
import {
  allRows,
  inspected,
  onLog,
  people,
  peopleRequest,
  projectionOf,
  rowsOfGenerations,
  secretsIn,
  SECRETS,
} from './people.js';
import { companies, company, scenes, type Scene } from './scene.js';
import { forgotten, person, remarked, visited } from './toy/people.js';
import { context, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

const aase = person('Åse Kjær', {
  email: 'ase@example.no',
  phones: [{ kind: 'mobile', number: '465 87 451' }],
});
const stream = streamName('toy.person', company, '1');

/** G50 to G52: personal data is sealed, and forgotten everywhere. */
export function describePersonalData(make: MakeWorld): void {
  describe('personal data', () => {
    const scene = scenes(make);

    it('G50 is nowhere on the log or in the event store to be read, and what is public is', async () => {
      const opened = await scene();
      const process = await people(opened);
      await fill(process);
      const log = await onLog(opened);
      expect(secretsIn(log)).toEqual([]);
      expect(log).toContain('Bodø');
      const stored = await process.eventStore.read(stream);
      expect(stored.map(({ value }) => secretsIn(value.toString()))).toEqual([[], [], []]);
      expect((await process.eventLog.verifyLog()).named).toEqual([]);
    });

    it('G50 reads as it was written, to those who decide, in rows, and in a rebuild', async () => {
      const opened = await scene();
      const process = await people(opened);
      await fill(process);
      const seen = await process.eventLog.transact(context(), async (unit) => {
        const loaded = await unit.load(stream);
        const head = (await unit.heads([stream])).get(stream)?.event;
        return [...loaded.map(({ data }) => data), head?.data];
      });
      expect(seen).toEqual([aase.data, { wanted: 'divorce papers' }, aase.data, aase.data]);
      const rows = await allRows(process, opened.bankDatabase);
      expect(rows).toMatchObject([
        { number: '1', name: 'Åse Kjær', email: 'ase@example.no' },
        { number: '2', name: 'Liv', email: null },
        { number: '1', visits: 1, wanted: ['divorce papers'] },
      ]);
      for (const { name } of process.eventLog.manifest.projections) await process.eventLog.rebuild(name);
      expect(await allRows(process, opened.bankDatabase)).toEqual(rows);
    });

    it('G50 is opened only where it was sealed: moved to another event, it cannot be read', async () => {
      const opened = await scene();
      const process = await people(opened);
      await fill(process);
      const [first, , third] = await process.eventStore.read(stream);
      if (!first || !third) throw new Error('three events');
      const record = (await opened.records(opened.world.topics.people)).find(
        (each) => fromRecord(each).id === third.id,
      );
      if (!record) throw new Error('a record');
      const headers = { ...record.headers, ce_streamversion: '4' };
      await opened.publish(opened.world.topics.people, {
        ...decodedWhole(record),
        headers,
        value: first.value,
      });
      await waitFor(
        async () => {
          const projection = projectionOf(process, 'toy.person');
          const [live] = await process.projectionStore.generations(projection);
          return (await process.projectionStore.parkedCount(projection, live?.number ?? 0)) === 1;
        },
        { describe: 'the event to be set aside' },
      );
      expect(await allRows(process, opened.bankDatabase)).toContainEqual(
        expect.objectContaining({ name: 'Åse Kjær' }),
      );
    });

    it('G51 is sealed with keys that are on their topic first, one publication for all that are new', async () => {
      const opened = await scene();
      const process = await people(opened);
      await process.eventLog.transact(context(), async (unit) => {
        const streams = companies.flatMap((each) =>
          Array.from({ length: 25 }, (_, index) => ({
            key: each,
            stream: streamName('toy.person', each, String(index)),
          })),
        );
        await unit.heads(streams.map((each) => each.stream));
        for (const target of streams) unit.append(target, 0, [person(`Person ${target.stream}`)]);
      });
      await opened.published(process);
      const kept = (await opened.records(opened.world.topics.keys)).map(fromKeyRecord);
      const subjects = new Set(kept.map((key) => key?.subject));
      expect([kept.length, subjects.size]).toEqual([100, 100]);
      const used = (await opened.records(opened.world.topics.people)).map(({ value }) => keyIdOf(value));
      expect(new Set(used)).toEqual(new Set(kept.map((key) => key?.id)));
    });

    it('G51 is sealed with one key a person, also where two processes begin at once', async () => {
      const opened = await scene();
      const two = [await people(opened), await people(opened)];
      await Promise.all(
        two.flatMap((process, index) =>
          Array.from({ length: 5 }, (_, turn) =>
            process.append(company, 'toy.remark', '1', remarked(`owes us money ${index} ${turn}`)),
          ),
        ),
      );
      const [one] = two;
      const stored = (await one?.eventStore.read(streamName('toy.remark', company, '1'))) ?? [];
      expect(stored).toHaveLength(10);
      expect(new Set(stored.map(({ value }) => keyIdOf(value))).size).toBe(1);
    });

    it('G52 is forgotten in live, former, inspected and waiting rows, on the log and in every replay; the chain holds', async () => {
      const opened = await scene();
      const process = await people(opened);
      await fill(process);
      await process.eventLog.rebuild('toy.person');
      await process.eventLog.rebuild('toy.visits');
      const id = await inspected(process, 'toy.person');
      await inspected(process, 'toy.visits');
      const waiting = await start(process, { scope: peopleRequest, switch: 'by-hand' });
      await reaches(process, waiting.id, 'ready');
      const before = await rowsOfGenerations(process);
      expect([...before.values()].filter((rows) => secretsIn(JSON.stringify(rows)).length > 0)).toHaveLength(
        7,
      );
      expect(granted(await process.eventLog.operations.rows(id, page)).length).toBe(2);

      await process.append(company, 'toy.person', '1', forgotten);
      await process.settled([company]);
      const after = await rowsOfGenerations(process);
      expect([...after.keys()]).toEqual([...before.keys()]);
      for (const [generation, rows] of after)
        expect([generation, secretsIn(JSON.stringify(rows))]).toEqual([generation, []]);
      const live = await allRows(process, opened.bankDatabase);
      expect(live).toMatchObject([
        { number: '2', name: 'Liv' },
        { number: '1', visits: 1, wanted: [] },
      ]);

      await keyIsGone(opened);
      expect((await process.eventLog.verifyLog()).named).toEqual([]);
      granted(await process.eventLog.operations.wish(waiting.id, 'rebuild', 'cancel'));
      await reaches(process, waiting.id, 'cancelled');
      for (const { name } of process.eventLog.manifest.projections) await process.eventLog.rebuild(name);
      expect(await allRows(process, opened.bankDatabase)).toEqual(live);
      const history = await process.eventLog.transact(context(), (unit) => unit.load(stream));
      expect(history.map(({ data }) => data)).toEqual([
        { town: 'Bodø', name: '–', phones: [{ kind: 'mobile', number: '' }] },
        { wanted: '' },
        { town: 'Bodø', name: '–', phones: [{ kind: 'mobile', number: '' }] },
        forgotten.data,
      ]);
    });

    it('G52 is not forgotten of others, and somebody who comes back is known again from then on', async () => {
      const opened = await scene();
      const process = await people(opened);
      await fill(process);
      await process.append(company, 'toy.person', '1', forgotten);
      await process.append(company, 'toy.person', '1', person('Åse, back again'), visited('a loan'));
      await process.settled([company]);
      const rows = await allRows(process, opened.bankDatabase);
      expect(rows).toMatchObject([
        { number: '1', name: 'Åse, back again', email: null },
        { number: '2', name: 'Liv' },
        { number: '1', visits: 2, wanted: ['a loan'] },
      ]);
      for (const { name } of process.eventLog.manifest.projections) await process.eventLog.rebuild(name);
      expect(await allRows(process, opened.bankDatabase)).toEqual(rows);
    });

    it('G52 cannot be written with a key that is forgotten at the same moment', async () => {
      const opened = await scene();
      const [one, two] = [await people(opened), await people(opened)];
      await fill(one);
      const remarks = streamName('toy.remark', company, '1');
      let decided = 0;
      await two.eventLog.transact(context(), async (unit) => {
        const history = await unit.load(remarks);
        decided += 1;
        if (decided === 1) await one.append(company, 'toy.person', '1', forgotten);
        unit.append({ stream: remarks, key: company }, history.length, [remarked('said afterwards')]);
      });
      expect(decided).toBe(2);
      const stored = await one.eventStore.read(remarks);
      const keys = await one.keyStore.find(stored.flatMap(({ value }) => keyIdOf(value) ?? []));
      expect(stored.map(({ value }) => keys.get(keyIdOf(value) ?? '')?.state)).toEqual(['forgotten', 'kept']);
    });
  });
}

export const page = { where: {}, after: undefined, limit: 10 };

/** Two people: one of whom there is much to say. */
export async function fill(process: ToyProcess): Promise<void> {
  await process.append(company, 'toy.person', '1', aase, visited('divorce papers'), aase);
  await process.append(company, 'toy.person', '2', person('Liv'));
  await process.append(company, 'toy.remark', '1', remarked('owes us money'));
  await process.settled([company]);
}

/** Waits until the topic of keys says of the person's key that it is forgotten, and does not have the key any more. */
export async function keyIsGone(scene: Scene): Promise<void> {
  await waitFor(
    async () => {
      const records = await scene.records(scene.world.topics.keys);
      const last = new Map(records.map((record) => [record.key, fromKeyRecord(record)]));
      return [...last.values()].some((key) => key?.subject === stream && key.state === 'forgotten');
    },
    { describe: 'the topic of keys to say that the key is forgotten' },
  );
}

export { SECRETS, stream as personStream };
