import { randomBytes } from 'node:crypto';
import type { Projection, Row } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import { MasterKeys } from '../keys/master-keys.js';
import { granted, reaches } from './operating.js';
import { company, type Scene } from './scene.js';
import { peopleManifest } from './toy/toy-manifests.js';
import type { Between, ToyProcess } from './toy/toy-process.js';
import type { ServiceDatabase } from './world.js';

export const oldMaster = { id: 'old', key: randomBytes(32) };
export const newMaster = { id: 'new', key: randomBytes(32) };
export const masterKeys = new MasterKeys([oldMaster]);

/** Texts that must not be found anywhere once their person is forgotten. */
export const SECRETS = ['Åse Kjær', 'ase@example.no', '465 87 451', 'divorce papers', 'owes us money'];

export const peopleRequest = { kind: 'projection', projection: 'toy.person' } as const;

/** Starts a process of the people's service, with keys, and waits until it works. */
export async function people(
  scene: Scene,
  between: Between = {},
  database: ServiceDatabase = scene.bankDatabase,
): Promise<ToyProcess> {
  const process = await scene.bankConnected(
    { masterKeys, ...between },
    database,
    peopleManifest(scene.world.topics),
  );
  process.eventLog.start();
  await process.ready();
  return process;
}

export function projectionOf(process: ToyProcess, name: 'toy.person' | 'toy.visits'): Projection {
  const found = process.eventLog.manifest.projections.find((projection) => projection.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** Rows that readers see, of everything that a process projects. */
export async function allRows(process: ToyProcess, database: ServiceDatabase): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const projection of process.eventLog.manifest.projections)
    rows.push(...(await database.rows(projection)));
  return rows;
}

/** Rows of every generation that there is. */
export async function rowsOfGenerations(process: ToyProcess): Promise<ReadonlyMap<string, readonly Row[]>> {
  const rows = new Map<string, readonly Row[]>();
  for (const projection of process.eventLog.manifest.projections) {
    for (const { number, state } of await process.projectionStore.generations(projection)) {
      const page = await process.projectionStore.snapshot(projection, number, (view) =>
        view.page({ where: {}, after: undefined, limit: 100 }),
      );
      rows.set(`${projection.name} ${state} ${number}`, page);
    }
  }
  return rows;
}

/** Builds the rows of now for somebody to look at. */
export async function inspected(process: ToyProcess, projection: string): Promise<string> {
  const { id } = granted(
    await process.eventLog.operations.inspect({
      scope: { kind: 'projection', projection },
      asOf: { kind: 'time', time: new Date(Date.now() + 60_000).toISOString() },
      reason: 'a test',
      by: 'user:tester',
    }),
  );
  await reaches(process, id, 'ready');
  return id;
}

export function secretsIn(text: string): readonly string[] {
  return SECRETS.filter((secret) => text.includes(secret));
}

/** Everything that the topics hold, as text. */
export async function onLog(scene: Scene): Promise<string> {
  const { people: topic, keys } = scene.world.topics;
  const records = [...(await scene.records(topic)), ...(await scene.records(keys))];
  return records
    .map(({ key, headers, value }) => JSON.stringify([key, headers, value.toString()]))
    .join('\n');
}

export async function untilProjected(process: ToyProcess, done: () => Promise<boolean>): Promise<void> {
  await process.settled([company]);
  await waitFor(done, { describe: 'the rows to be there' });
}
