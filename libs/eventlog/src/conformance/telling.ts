import { afterEach, expect } from '@jest/globals';
import { z } from 'zod';
import { OutsideSystem, waitFor, type OutsideOptions } from '@samspill/testing';
import type { Outside, OutsideLimits } from '../reactors/outside.js';
import type { ReactorStatus } from '../reactors/reactor-status.js';
import { granted } from './operating.js';
import type { Scene } from './scene.js';
import { accountThing, ACCOUNT_REACTOR } from './toy/account.reactor.js';
import { tellingManifest } from './toy/toy-manifests.js';
import { deafOutside, toyOutside } from './toy/toy-outside.js';
import { context, type Between, type ToyProcess } from './toy/toy-process.js';
import type { ServiceDatabase } from './world.js';

/** A call that was made to the outside. */
export interface Heard {
  readonly call: 'send' | 'look-up';
  readonly deliveries: number;
}

export interface TellingOptions {
  readonly database?: ServiceDatabase;
  readonly between?: Between;
  readonly limits?: Partial<OutsideLimits>;
  /** The outside cannot be asked. */
  readonly isDeaf?: boolean;
  /** The companies that are delivered to; all unless given. */
  readonly open?: Outside['open'];
  /** Is told of every call. */
  readonly heard?: (call: Heard) => void;
  /** A test's own part between the reactor and the outside. */
  readonly through?: (outside: Outside) => Outside;
  readonly begins?: 'first-event' | 'now';
  /** Its projections are rebuilt first, since their log is another one. */
  readonly isRebuilt?: boolean;
}

/** Starts a process of the bank's service that tells an outside about its accounts. */
export async function telling(
  opened: Scene,
  outside: OutsideSystem,
  { database, between, limits, isDeaf, open, heard, through, begins, isRebuilt }: TellingOptions = {},
): Promise<ToyProcess> {
  const quiet = (isDeaf === true ? deafOutside : toyOutside)(outside.url, limits);
  const own = through?.(quiet) ?? quiet;
  const to = heard ? overheard(own, heard) : own;
  const process = await opened.bankConnected(
    { ...between, outsides: { [ACCOUNT_REACTOR]: { ...to, ...(open && { open }) } } },
    database,
    tellingManifest(opened.world.topics, begins),
  );
  process.eventLog.start();
  if (isRebuilt === true) {
    await waitFor(() => process.eventLog.status().gate.state === 'open', { describe: 'the gate to open' });
    for (const { name } of process.eventLog.manifest.projections) await process.eventLog.rebuild(name);
  }
  await opened.operationsEnded(process);
  await process.ready();
  return process;
}

function overheard({ send, lookUp, ...outside }: Outside, heard: (call: Heard) => void): Outside {
  return {
    ...outside,
    send: (deliveries, signal) => {
      heard({ call: 'send', deliveries: deliveries.length });
      return send(deliveries, signal);
    },
    ...(lookUp && {
      lookUp: (deliveries, signal) => {
        heard({ call: 'look-up', deliveries: deliveries.length });
        return lookUp(deliveries, signal);
      },
    }),
  };
}

/** Starts outsides for the tests of a suite and stops them after each. */
export function outsides(): (options?: Partial<OutsideOptions>) => Promise<OutsideSystem> {
  const started: OutsideSystem[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((outside) => outside.stop()));
  });
  return async (options = {}) => {
    const outside = await OutsideSystem.start({ seed: 1, ...options });
    started.push(outside);
    return outside;
  };
}

export async function reactorStatus(process: ToyProcess): Promise<ReactorStatus> {
  const [status] = await process.eventLog.reactors.statuses();
  if (!status) throw new Error('there is no reactor');
  return status;
}

/** Waits until everything that was appended has been taken in, and nothing of it is still to be delivered. */
export async function delivered(opened: Scene, process: ToyProcess): Promise<void> {
  await opened.published(process);
  await waitFor(
    async () => {
      const { lag, counts } = await reactorStatus(process);
      return lag === 0 && counts.open === 0 ? true : undefined;
    },
    { describe: 'everything to be delivered' },
  );
}

/** Waits until everything that was appended is in the ledger. */
export async function takenIn(opened: Scene, process: ToyProcess): Promise<void> {
  await opened.published(process);
  await waitFor(async () => (await reactorStatus(process)).lag === 0, {
    describe: 'everything to be taken in',
  });
}

/** Waits until the reactor stands like this. */
export async function stands(
  process: ToyProcess,
  state: ReactorStatus['standing']['state'],
): Promise<ReactorStatus> {
  return await waitFor(
    async () => {
      const status = await reactorStatus(process);
      return status.standing.state === state ? status : undefined;
    },
    { describe: `the reactor to be ${state}` },
  );
}

export async function release(process: ToyProcess): Promise<void> {
  granted(await process.eventLog.reactors.release(ACCOUNT_REACTOR, 'a test', context()));
}

export async function hold(process: ToyProcess): Promise<void> {
  granted(await process.eventLog.reactors.hold(ACCOUNT_REACTOR, 'a test', context()));
}

/** Everything was delivered, each content once: the outside has every account as it is. */
export async function outsideIsTold(
  opened: Scene,
  process: ToyProcess,
  outside: OutsideSystem,
): Promise<void> {
  await delivered(opened, process);
  const open = new Set((await opened.rows('toy.account')).map((row) => JSON.stringify(cardOf(row))));
  const told = [...outside.things].flatMap(([thing, { value }]) => {
    const { isClosed, name } = card.parse(value);
    return isClosed ? [] : [JSON.stringify({ thing, name })];
  });
  expect(new Set(told)).toEqual(open);
  expect(outside.repeated).toEqual([]);
}

const card = z.object({ name: z.string(), isClosed: z.boolean() });
const accountRow = z.object({ company: z.string(), number: z.string(), name: z.string() });

function cardOf(row: object): { readonly thing: string; readonly name: string } {
  const { company, number, name } = accountRow.parse(row);
  return { thing: accountThing(company, number), name };
}
