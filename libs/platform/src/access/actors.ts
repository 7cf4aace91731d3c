import type { Actor } from '@samspill/kernel';

import type { Caller } from './access-tokens.js';

/** Who a request comes from, as its credentials say. */
export type KnownCaller = Caller | { readonly id: 'break-glass'; readonly kind: 'break-glass' };

/** Where there is no sign-in, somebody on this machine; with sign-in, somebody who has not signed in. */
export const LOCAL_USER: Actor = 'user:local';
export const ANONYMOUS: Actor = 'user:anonymous';

export function actorOf(caller: KnownCaller): Actor {
  return caller.kind === 'client' ? `agent:${caller.id}` : `user:${caller.id}`;
}
