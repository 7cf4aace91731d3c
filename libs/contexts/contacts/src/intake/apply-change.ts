import type { Change } from './batch.js';
import type { RecordDesk, RecordReference, RejectedChange } from './record-desk.js';

/** The record that a change is about. */
export function referenceOf(change: Change): RecordReference {
  switch (change.kind) {
    case 'put':
      return { kind: change.record.kind, reference: change.record.number };
    case 'remove':
      return { kind: change.recordKind, reference: change.number };
    case 'bad':
      return { kind: change.recordKind, reference: change.reference };
  }
}

/** @param source where the change came from; its line is the change's own */
export function applyChange(
  desk: RecordDesk,
  change: Change,
  source: Omit<RejectedChange['source'], 'line'>,
): void {
  switch (change.kind) {
    case 'put': {
      const { kind, number } = change.record;
      const isForgotten = desk.put(change.record) === 'forgotten';
      if (isForgotten)
        desk.reject({
          ...{ kind, number, reference: number, faults: [], change: {} },
          source: { ...source, line: change.line },
        });
      break;
    }
    case 'remove':
      desk.remove(change.recordKind, change.number);
      break;
    case 'bad':
      desk.reject({
        kind: change.recordKind,
        number: change.number,
        reference: change.reference,
        faults: change.faults,
        change: change.sent,
        source: { ...source, line: change.line },
      });
      break;
  }
}
