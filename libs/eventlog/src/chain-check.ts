import { chainHash } from './chain.js';
import type { StoredEvent } from './event-store.js';

export type ChainFaultKind =
  /** The first event of a stream that is there is not its version 1. */
  | 'head-missing'
  /** A version is missing between two that are there. */
  | 'gap'
  /** The event does not follow from the one before it: one of the two is not what was written. */
  | 'broken'
  /** The same version as two different events. */
  | 'fork';

export interface ChainFault {
  readonly kind: ChainFaultKind;
  readonly detail: string;
}

interface Last {
  readonly version: number;
  readonly hash: string;
}

/**
 * Checks the chains of streams as their events go by, in the order of the log. Repeats are part of a sound log (see EVENTLOG.md);
 * the latest event's are compared with it, those of earlier ones are what every reader drops.
 */
export class ChainCheck {
  readonly #last = new Map<string, Last>();

  get streams(): number {
    return this.#last.size;
  }

  /**
   * What is wrong with the next event of its stream, if anything is.
   * @param hash of the event, where it has been taken already
   */
  next(event: StoredEvent, hash = chainHash(event)): ChainFault | undefined {
    const { stream, version } = event;
    const last = this.#last.get(stream);
    if (last && version < last.version) return undefined;
    if (last?.version === version) {
      if (last.hash === hash) return undefined;
      return { kind: 'fork', detail: `${stream} has two different events of version ${version}` };
    }
    this.#last.set(stream, { version, hash });
    const before = last?.version ?? 0;
    if (version !== before + 1) {
      return last
        ? { kind: 'gap', detail: `${stream} goes from version ${before} to ${version}` }
        : { kind: 'head-missing', detail: `${stream} begins at version ${version}` };
    }
    if (event.previousHash === last?.hash) return undefined;
    return {
      kind: 'broken',
      detail: last
        ? `${stream} version ${version} does not follow from version ${before} as it is there now`
        : `${stream} version 1 names an event before it`,
    };
  }
}
