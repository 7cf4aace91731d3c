import type { ContactKind } from '@samspill/contracts';
import { revertible, type RevertRule } from '@samspill/eventlog';
import { recordDecider, type RecordCommand } from './record.decider.js';

/** A record goes back to what it was: put as it was, made again, or removed. */
export function recordReverts(kind: ContactKind): RevertRule {
  return revertible({
    category: `contacts.${kind}`,
    needs: 'last-event',
    decider: recordDecider,
    exists: ({ record }) => record !== undefined,
    compensate({ record }, _now, [, number = '']) {
      const command: RecordCommand = record
        ? { kind: 'put', record }
        : { kind: 'remove', recordKind: kind, number };
      return { kind: 'command', command };
    },
  });
}
