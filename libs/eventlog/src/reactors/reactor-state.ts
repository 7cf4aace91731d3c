import type { RedeliveryWindow } from '@samspill/contracts';
import type { StoredEvent } from '../event-store.js';
import type { JournalEntry } from './reactor-journal.js';

/** Where a reactor began in a topic. */
export interface Begun {
  /** RFC 3339. */
  readonly at: string;
  readonly from: readonly {
    readonly partition: number;
    readonly offset: bigint;
    readonly log: string | undefined;
  }[];
}

export interface Held {
  readonly since: string;
  readonly by: string;
  readonly reason: string;
}

export interface RedeliveryRequest {
  readonly id: string;
  readonly window: RedeliveryWindow;
  /** What the other side is said to have is asked about as well, and sent if it lacks it. */
  readonly verifies: boolean;
  readonly reason: string;
  readonly by: string;
  readonly requestedAt: string;
  /** Absent until all of the window is in the ledger. */
  readonly ended?: {
    readonly at: string;
    readonly events: number;
    readonly things: number;
    readonly toDeliver: number;
  };
}

/** What the log says about a reactor. */
export interface ReactorState {
  /** Version of its stream. */
  readonly version: number;
  /** By topic. */
  readonly begun: ReadonlyMap<string, Begun>;
  readonly held?: Held;
  /** In the order in which they were asked for. */
  readonly redeliveries: readonly RedeliveryRequest[];
}

export const noReactorState: ReactorState = { version: 0, begun: new Map(), redeliveries: [] };

/** The state after one more event of the reactor's stream. */
export function afterEvent(
  state: ReactorState,
  { name, data }: JournalEntry,
  { version, time, actor }: Pick<StoredEvent, 'version' | 'time' | 'actor'>,
): ReactorState {
  switch (name) {
    case 'reactor.begun': {
      const from = data.from.map(({ partition, offset, log }) => ({
        partition,
        offset: BigInt(offset),
        log,
      }));
      return { ...state, version, begun: new Map([...state.begun, [data.topic, { at: time, from }]]) };
    }
    case 'reactor.held':
      return { ...state, version, held: { since: time, by: actor, reason: data.reason } };
    case 'reactor.released': {
      const { held: _held, ...rest } = state;
      return { ...rest, version };
    }
    case 'reactor.redelivery-requested': {
      const { request: id, window, verifies = false, reason } = data;
      const request = { id, window, verifies, reason, by: actor, requestedAt: time };
      return { ...state, version, redeliveries: [...state.redeliveries, request] };
    }
    case 'reactor.redelivery-ended': {
      const { request: id, events, things, toDeliver } = data;
      const ended = { at: time, events, things, toDeliver };
      const redeliveries = state.redeliveries.map((one) => (one.id === id ? { ...one, ended } : one));
      return { ...state, version, redeliveries };
    }
    case 'delivery.confirmed':
    case 'delivery.failed':
      return { ...state, version };
  }
}
