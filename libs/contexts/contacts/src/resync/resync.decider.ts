import type { ResyncCounts, ResyncEvent } from '@samspill/contracts';
import { reject, streamName, type Decider, type Rejection } from '@samspill/kernel';
import { isUnusual, type ScopeRemovals } from './brake.js';

type DataOf<Verb extends string> = Extract<ResyncEvent, { type: `contacts.resync.${Verb}` }>['data'];

/** Where a resync stands. `removals` is how many records it would remove by its preview. */
export type ResyncState =
  | { readonly state: 'none' | 'receiving' | 'completed' | 'cancelled' }
  | { readonly state: 'to-be-confirmed' | 'held' | 'running'; readonly removals: number };

export type ResyncCommand =
  | { readonly kind: 'start'; readonly start: DataOf<'started'> }
  | {
      readonly kind: 'receive';
      readonly received: DataOf<'received'>;
      /** By scope, what is there and what would go. */
      readonly removals: readonly ScopeRemovals[];
    }
  /** `removals` says how many records may go; a resync that is held needs it, and it must be exactly what the preview says. */
  | { readonly kind: 'confirm'; readonly removals?: number | undefined }
  | { readonly kind: 'complete'; readonly completed: DataOf<'completed'> }
  /** A person does not want it any more. */
  | { readonly kind: 'cancel'; readonly reason: string }
  /** It cannot go on, whatever its state: its rows are gone. */
  | { readonly kind: 'abandon'; readonly reason: string };

/** The rules of a resync: received, previewed, held by the brake where too much would go, confirmed, run to its end (C34, C35). */
export const resyncDecider: Decider<ResyncState, ResyncCommand, ResyncEvent> = {
  initial: () => ({ state: 'none' }),

  decide(command, state) {
    switch (command.kind) {
      case 'start':
        return state.state === 'none'
          ? [{ type: 'contacts.resync.started', data: command.start }]
          : reject('import.exists', 'There is an import of this id already.');
      case 'receive':
        return state.state === 'receiving' ? receive(command.received, command.removals) : wrongState(state);
      case 'confirm':
        return confirm(state, command.removals);
      case 'complete':
        if (state.state === 'completed') return [];
        return state.state === 'running'
          ? [{ type: 'contacts.resync.completed', data: command.completed }]
          : wrongState(state);
      case 'cancel':
        if (state.state === 'running') return wrongState(state);
        return end(state, command.reason);
      case 'abandon':
        return end(state, command.reason);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'contacts.resync.started':
        return { state: 'receiving' };
      case 'contacts.resync.received':
        return { state: 'to-be-confirmed', removals: removalsOf(event.data.preview) };
      case 'contacts.resync.held':
        return { state: 'held', removals: event.data.removals };
      case 'contacts.resync.confirmed':
        return { state: 'running', removals: event.data.removals };
      case 'contacts.resync.completed':
        return { state: 'completed' };
      case 'contacts.resync.cancelled':
        return { state: 'cancelled' };
    }
    // An event of a later version of the service is no state of this one.
    return state;
  },
};

export function resyncStream(id: string): string {
  return streamName('contacts.resync', id);
}

export function removalsOf(preview: readonly ResyncCounts[]): number {
  return preview.reduce((sum, counts) => sum + counts.deleted, 0);
}

function receive(received: DataOf<'received'>, scopes: readonly ScopeRemovals[]): readonly ResyncEvent[] {
  const events: ResyncEvent[] = [{ type: 'contacts.resync.received', data: received }];
  if (scopes.some(isUnusual)) {
    const of = scopes.reduce((sum, scope) => sum + scope.records, 0);
    events.push({
      type: 'contacts.resync.held',
      data: { removals: removalsOf(received.preview), of },
    });
  }
  return events;
}

function confirm(state: ResyncState, said: number | undefined): readonly ResyncEvent[] | Rejection {
  if (state.state === 'running' || state.state === 'completed') return [];
  if (state.state !== 'to-be-confirmed' && state.state !== 'held') return wrongState(state);
  const { removals } = state;
  if (said === undefined ? state.state === 'held' : said !== removals) return unsaidRemovals(removals, said);
  return [{ type: 'contacts.resync.confirmed', data: { removals } }];
}

function unsaidRemovals(removals: number, said: number | undefined): Rejection {
  const asked = said === undefined ? 'This is more than usual.' : `You said ${said}.`;
  return reject(
    'import.removals-conflict',
    `The import would remove ${removals} records. ${asked} If that is meant, confirm it with this very number.`,
    [
      {
        pointer: '/removals',
        code: 'removals.unconfirmed',
        detail: `Confirm with {"removals": ${removals}}.`,
      },
    ],
  );
}

function end(state: ResyncState, reason: string): readonly ResyncEvent[] | Rejection {
  if (state.state === 'cancelled') return [];
  if (state.state === 'none' || state.state === 'completed') return wrongState(state);
  return [{ type: 'contacts.resync.cancelled', data: { reason } }];
}

const WRONG_STATES: Readonly<Record<ResyncState['state'], string>> = {
  none: 'There is no such import.',
  receiving: 'The file is still being received.',
  'to-be-confirmed': 'The import waits to be confirmed.',
  held: 'The import is held and waits to be confirmed.',
  running: 'The import is running; what it has done by now stays done.',
  completed: 'The import is done.',
  cancelled: 'The import has been cancelled: send the file again.',
};

function wrongState({ state }: ResyncState): Rejection {
  return reject(state === 'none' ? 'import.not-found' : 'import.state-conflict', WRONG_STATES[state]);
}
