import type { GatewayEvent, GatewayKey, GatewayReport } from '@samspill/contracts';
import { reject, type Decider, type Rejection } from '@samspill/kernel';

/** A gateway that may act for the company. */
export interface PairedGateway {
  readonly id: string;
  readonly name: string;
  readonly isConnected: boolean;
  /** What it last said of itself and the systems beside it. */
  readonly report: GatewayReport | undefined;
}

interface Offer {
  readonly name: string;
  readonly secretHash: string;
  readonly validUntil: string;
}

export type GatewayState =
  | { readonly kind: 'unknown' }
  | ({ readonly kind: 'offered' } & Offer)
  | ({
      readonly kind: 'paired';
      readonly key: GatewayKey;
      readonly isConnected: boolean;
      readonly report: GatewayReport | undefined;
    } & Offer)
  | ({ readonly kind: 'unpaired' } & Offer);

export type GatewayCommand =
  | ({ readonly kind: 'offer-pairing' } & Offer)
  /** With the hash of the secret that it was given, and the key that it will sign with. */
  | { readonly kind: 'pair'; readonly secretHash: string; readonly key: GatewayKey; readonly now: Date }
  | { readonly kind: 'connect'; readonly report: GatewayReport }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'unpair' };

/** One gateway: a code is offered, used once, and what then runs at the customer's connects and goes. */
export const gatewayDecider: Decider<GatewayState, GatewayCommand, GatewayEvent> = {
  initial: () => ({ kind: 'unknown' }),

  decide(command, state) {
    switch (command.kind) {
      case 'offer-pairing': {
        const { name, secretHash, validUntil } = command;
        if (state.kind !== 'unknown')
          throw new TypeError('a gateway is offered once, under an id of its own');
        return [{ type: 'identity.gateway.pairing-offered', data: { name, secretHash, validUntil } }];
      }
      case 'pair':
        return pair(command, state);
      case 'connect':
        if (state.kind !== 'paired') return gatewayNotFound();
        return state.isConnected && isSame(state.report, command.report)
          ? []
          : [{ type: 'identity.gateway.connected', data: command.report }];
      case 'disconnect':
        if (state.kind !== 'paired') return gatewayNotFound();
        return state.isConnected ? [{ type: 'identity.gateway.disconnected', data: {} }] : [];
      case 'unpair':
        if (state.kind === 'unknown') return gatewayNotFound();
        return state.kind === 'unpaired' ? [] : [{ type: 'identity.gateway.unpaired', data: {} }];
    }
  },

  evolve(state, event) {
    if (event.type === 'identity.gateway.pairing-offered') return { kind: 'offered', ...event.data };
    if (state.kind === 'unknown') return state;
    const { name, secretHash, validUntil } = state;
    const offer = { name, secretHash, validUntil };
    switch (event.type) {
      case 'identity.gateway.paired':
        return { kind: 'paired', ...offer, key: event.data.key, isConnected: false, report: undefined };
      case 'identity.gateway.connected':
        return state.kind === 'paired' ? { ...state, isConnected: true, report: event.data } : state;
      case 'identity.gateway.disconnected':
        return state.kind === 'paired' ? { ...state, isConnected: false } : state;
      case 'identity.gateway.unpaired':
        return { kind: 'unpaired', ...offer };
    }
  },
};

export function gatewayNotFound(): Rejection {
  return reject('gateway.not-found', 'The company has no such gateway.');
}

/** The same answer for a code that never was, that is used up and that is too old: it says nothing to somebody who guesses. */
export function pairingRefused(): Rejection {
  return reject(
    'gateway.pairing-refused',
    'This pairing code cannot be used: it is mistyped, was used already, or is too old. Get a new one.',
    [{ pointer: '/code', code: 'pairing-code.invalid', detail: 'Not a code that can be used now.' }],
  );
}

function pair(
  { secretHash, key, now }: Extract<GatewayCommand, { kind: 'pair' }>,
  state: GatewayState,
): readonly GatewayEvent[] | Rejection {
  if (state.kind === 'unknown' || state.kind === 'unpaired' || state.secretHash !== secretHash)
    return pairingRefused();
  // A gateway that did not get the answer sends the same again: it must not be locked out by that.
  if (state.kind === 'paired') return isSame(state.key, key) ? [] : pairingRefused();
  if (now.getTime() >= Date.parse(state.validUntil)) return pairingRefused();
  return [{ type: 'identity.gateway.paired', data: { key } }];
}

/** Both have passed the same schema, which leaves their fields in one order. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
