/**
 * Where a process is in its life. `starting`: not listening to the log yet. `serving`. `unready`: still serving, but asking to
 * be left out. `leaving`: refuses what is new and finishes what it has.
 */
export type Phase = 'starting' | 'serving' | 'unready' | 'leaving';

/** The phase of this process, for all who act on it. */
export class Lifecycle {
  phase: Phase = 'starting';
}
