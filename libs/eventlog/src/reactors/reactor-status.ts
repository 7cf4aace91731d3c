import type { DeliveryWait, LedgerCounts } from './delivery-ledger.js';
import type { DelivererState } from './deliverer.js';
import type { Held } from './reactor-state.js';

/** `waiting`: something outside or before it is not ready, or deliveries of some companies wait. `failing`: it cannot do its own work. */
export type ReactorStanding =
  { readonly state: 'running' } | { readonly state: 'held' | 'waiting' | 'failing'; readonly reason: string };

/** How a reactor stands, for those who look after it. */
export interface ReactorStatus {
  readonly name: string;
  readonly standing: ReactorStanding;
  /** Who held it, when and why. */
  readonly held?: Held;
  readonly mayRedeliver: boolean;
  /** Companies whose deliveries wait, those first that go on first. */
  readonly waits: readonly DeliveryWait[];
  /** Events that it has not taken in yet. */
  readonly lag: number;
  readonly counts: LedgerCounts;
  /** Deliveries a second, over the last minute. */
  readonly rate: number;
}

/** How it stands with one company. */
export interface KeyStatus {
  /** Of the reactor as a whole. */
  readonly standing: ReactorStanding;
  readonly wait?: DeliveryWait;
  /** Events that the reactor has not taken in yet, of all companies. */
  readonly lag: number;
  readonly counts: LedgerCounts;
  /** Deliveries a second, over the last minute. */
  readonly rate: number;
}

const SECONDS_PER_MINUTE = 60;

export function rateOf({ confirmedLastMinute }: LedgerCounts): number {
  return confirmedLastMinute / SECONDS_PER_MINUTE;
}

/**
 * @param deliverer of this process, which may be the one in standby: then what holds up the other is in the waits
 */
export function standingOf(
  held: Held | undefined,
  intakeFailure: string | undefined,
  deliverer: DelivererState,
  waits: readonly DeliveryWait[],
): ReactorStanding {
  if (held) return { state: 'held', reason: held.reason };
  if (intakeFailure !== undefined) return { state: 'failing', reason: intakeFailure };
  if (deliverer.state === 'failing' || deliverer.state === 'waiting') return deliverer;
  if (deliverer.state === 'stopped') return { state: 'waiting', reason: 'The service is starting.' };
  const [first] = waits;
  if (!first) return { state: 'running' };
  const others = waits.length > 1 ? `, and ${waits.length - 1} more companies` : '';
  return {
    state: 'waiting',
    reason: `${first.key} until ${first.until}: ${first.code}, ${first.words}${others}`,
  };
}
