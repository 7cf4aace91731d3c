import type { AuditTrail } from '../audit/audit-trail.js';
import type { EventStore } from '../event-store.js';
import type { Logger } from '../logger.js';
import type { CommandContext, Unit } from '../unit.js';
import type { IntakeHolds } from './intake-hold.js';
import type { Reverting } from './revert-rule.js';
import type { RevertStore } from './revert-store.js';

/** What reverts stand on. */
export interface RevertDependencies {
  readonly reverting: Reverting;
  readonly reverts: RevertStore;
  readonly eventStore: Pick<EventStore, 'streams' | 'backlog'>;
  readonly holds: IntakeHolds;
  readonly transact: <T>(context: CommandContext, work: (unit: Unit) => Promise<T>) => Promise<T>;
  /** Types of events by which a person is forgotten. */
  readonly forgetting: readonly string[];
  /** What the service itself does, it does under this name. */
  readonly self: CommandContext['actor'];
  readonly audit: Pick<AuditTrail, 'within' | 'wake'>;
  readonly logger: Logger;
}
