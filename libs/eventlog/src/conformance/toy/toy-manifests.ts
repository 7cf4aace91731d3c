import { z } from 'zod';
import type { DomainEvent } from '@samspill/kernel';
import type { Log } from '../../log.js';
import type { LogManifest } from '../../manifest.js';
import { accountProjection } from './account.projection.js';
import { accountReactor } from './account.reactor.js';
import { balanceProjection } from './balance.projection.js';
import { personEvents, personProjection, visitsProjection } from './people.js';
import { bankEvents, ownerEvents } from './toy-events.js';
import { revertEvents, toyReverting } from './toy-reverting.js';

export interface ToyTopics {
  readonly bank: string;
  readonly owners: string;
  readonly people: string;
  /** Compacted: the keys of personal data. */
  readonly keys: string;
}

/** Those that are kept for ever. */
export function allTopics({ bank, owners, people }: ToyTopics): readonly string[] {
  return [bank, owners, people];
}

export async function createTopics(log: Log, topics: ToyTopics): Promise<void> {
  await log.create(allTopics(topics), TOY_PARTITIONS);
  await log.create([topics.keys], TOY_PARTITIONS, 'compacted');
}

/** Few, so that companies share partitions. */
export const TOY_PARTITIONS = 4;

const codeOf = (event: DomainEvent): readonly string[] => [
  z.object({ code: z.string() }).parse(event.data).code,
];

const emailOf = (event: DomainEvent): readonly string[] => {
  const { email } = z.object({ email: z.string().optional() }).parse(event.data);
  return email === undefined ? [] : [email];
};

/** The service that keeps accounts: it writes the bank's topic and reads both. */
export function bankManifest({ bank, owners }: ToyTopics): LogManifest {
  return {
    name: bank, // reader groups are named for it, and brokers are shared
    source: 'toy-bank',
    topic: bank,
    events: [...bankEvents, ...ownerEvents, ...revertEvents],
    projections: [accountProjection(bank), balanceProjection(bank, owners)],
    reservations: [
      {
        scope: 'code',
        effects: { 'toy.code.taken': { take: codeOf }, 'toy.code.given-back': { give: codeOf } },
      },
    ],
    reverting: toyReverting,
  };
}

/** The bank's service when it tells somebody outside about its accounts. */
export function tellingManifest(topics: ToyTopics, begins?: 'first-event' | 'now'): LogManifest {
  return { ...bankManifest(topics), reactors: [accountReactor(topics.bank, begins)] };
}

/** The service that knows owners: it only writes. */
export function ownersManifest({ owners }: ToyTopics): LogManifest {
  return {
    name: owners,
    source: 'toy-owners',
    topic: owners,
    events: ownerEvents,
    projections: [],
    reservations: [],
  };
}

/** The service that knows the bank's customers as people: what it writes is about them. */
export function peopleManifest({ people }: ToyTopics): LogManifest {
  return {
    name: people,
    source: 'toy-people',
    topic: people,
    events: personEvents,
    projections: [personProjection(people), visitsProjection(people)],
    reservations: [
      {
        scope: 'email',
        isPersonal: true,
        effects: {
          'toy.person.changed': { givesAll: true, take: emailOf },
          'toy.person.forgotten': { givesAll: true },
        },
      },
    ],
  };
}

/** The owners' service, when it wants to know who the people are. */
export function curiousManifest({ owners, people }: ToyTopics): LogManifest {
  return {
    name: `${owners}.curious`,
    source: 'toy-curious',
    topic: owners,
    events: [...ownerEvents, ...personEvents],
    projections: [personProjection(people)],
    reservations: [],
  };
}
