import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { streamName, type DomainEvent } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import type { Revert, RevertItem, RevertSelection, RevertState } from '../revert/revert.js';
import type { EventStore, StoredEvent } from '../event-store.js';
import { granted } from './operating.js';
import { company } from './scene.js';
import { account, context, type ToyProcess } from './toy/toy-process.js';

/** The moments of a test: before, the one that is gone back to, and after. */
export const BEFORE = new Date('2026-03-01T10:00:00Z');
export const MOMENT = '2026-03-01T11:00:00.000Z';
export const AFTER = new Date('2026-03-01T12:00:00Z');

export const accountStream = (number: string, of = company): string => streamName('toy.account', of, number);
export const ledgerStream = (name: string, of = company): string => streamName('toy.ledger', of, name);
export const holderStream = (name: string, of = company): string => streamName('toy.holder', of, name);

/** Appends events of a company's stream, whatever its version is, at a time and because of something. */
export async function write(
  bank: ToyProcess,
  stream: string,
  now: Date,
  events: readonly DomainEvent[],
  causationId: string = randomUUID(),
): Promise<void> {
  const key = stream.split('/')[1] ?? '';
  await bank.eventLog.transact({ ...context(now), causationId }, async (unit) => {
    const history = await unit.load(stream);
    unit.append({ stream, key }, history.length, events);
  });
}

/** A company's accounts, of which one was changed after the moment, one opened and one closed. */
export async function damaged(bank: ToyProcess, of = company): Promise<void> {
  const at = (number: string): string => accountStream(number, of);
  await write(bank, at('changed'), BEFORE, [account('changed', 'A')]);
  await write(bank, at('closed'), BEFORE, [account('closed', 'B')]);
  await write(bank, at('kept'), BEFORE, [account('kept', 'C')]);
  await write(bank, at('changed'), AFTER, [account('changed', 'X'), account('changed', 'Y')]);
  await write(bank, at('closed'), AFTER, [{ type: 'toy.account.closed', data: { number: 'closed' } }]);
  await write(bank, at('opened'), AFTER, [account('opened', 'Z')]);
}

export async function plan(bank: ToyProcess, selection: RevertSelection): Promise<Revert> {
  const { id } = granted(await bank.eventLog.reverts.plan(selection, context()));
  return await comesTo(bank, id, 'planned');
}

export const toMoment: RevertSelection = { kind: 'company', company, to: MOMENT };

export async function start(bank: ToyProcess, { id }: Pick<Revert, 'id'>): Promise<Revert> {
  return granted(await bank.eventLog.reverts.start(id, 'a bad file', 'user:tester'));
}

/** Plans, starts, and waits for the end. */
export async function revert(bank: ToyProcess, selection: RevertSelection): Promise<Revert> {
  const { id } = await plan(bank, selection);
  await start(bank, { id });
  return await comesTo(bank, id, 'finished');
}

const ENDS: readonly RevertState[] = ['finished', 'cancelled', 'failed'];

/** Waits until a revert is in a state. @throws when it has come to another end */
export async function comesTo(bank: ToyProcess, id: string, state: RevertState): Promise<Revert> {
  const reached = await waitFor(
    async () => {
      const now = granted(await bank.eventLog.reverts.find(id));
      return now.state === state || ENDS.includes(now.state) ? now : undefined;
    },
    { describe: `the revert to be ${state}` },
  );
  expect([reached.state, reached.failure]).toEqual([state, undefined]);
  return reached;
}

/** The whole preview with what has become of it. */
export async function itemsOf(bank: ToyProcess, { id }: Pick<Revert, 'id'>): Promise<readonly RevertItem[]> {
  return granted(await bank.eventLog.reverts.items(id, { limit: 10_000 }));
}

/** Events that a revert has appended, by stream. */
export async function appendedBy(
  store: EventStore,
  { id }: Pick<Revert, 'id'>,
  streams: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredEvent[]>> {
  const histories = await store.histories(streams);
  return new Map(
    [...histories].map(([stream, events]) => [stream, events.filter((event) => event.causationId === id)]),
  );
}
