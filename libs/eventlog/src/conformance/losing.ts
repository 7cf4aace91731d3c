import { PlatformError } from '@samspill/kernel';
import type { Between } from './toy/toy-process.js';

/** Where an instance can be lost: right before or after it calls a method of its database, for the `nth` time. */
export type Step<Method extends string> = readonly [method: Method, when: 'before' | 'after', nth: number];

export interface Loss {
  readonly between: Between;
  readonly isLost: () => boolean;
  /** Calls count from here on. */
  arm(): void;
}

/** Makes a call, unless the instance is lost before; after it, the caller never learns of it where it is lost then. */
export type Through = <T>(method: string, call: () => Promise<T>) => Promise<T>;

/**
 * An instance whose database is out of its reach from a step on: as good as dead.
 * @param between the database, whose calls go through what it is given
 */
export function losing([method, when, nth]: Step<string>, between: (through: Through) => Between): Loss {
  let state: 'sound' | 'armed' | 'lost' = 'sound';
  let passes = 0;
  const gone = (): Error => new PlatformError('eventlog.database-unreachable', 'the instance is lost', true);
  const through: Through = async (name, call) => {
    if (state === 'lost') throw gone();
    const isIt = state === 'armed' && name === method && (passes += 1) === nth;
    if (isIt && when === 'before') {
      state = 'lost';
      throw gone();
    }
    const result = await call();
    if (!isIt) return result;
    state = 'lost';
    throw gone();
  };
  return {
    between: between(through),
    isLost: () => state === 'lost',
    arm: () => {
      state = 'armed';
    },
  };
}
