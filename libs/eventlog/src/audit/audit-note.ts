import type { OperationRecorded } from '@samspill/contracts';
import type { Actor } from '@samspill/kernel';

/** What is to be written on the log about an operation. It lies in the service's database until it is on its way there. */
export interface AuditNote {
  readonly by: Actor;
  readonly correlationId: string;
  readonly data: OperationRecorded;
}

/** Notes that are not on the log yet, in the service's database. */
export interface AuditNotes {
  put(note: AuditNote): Promise<void>;
  /** Oldest first. */
  waiting(limit: number): Promise<readonly AuditNote[]>;
  /** @param id of the note's data */
  drop(id: string): Promise<void>;
}
