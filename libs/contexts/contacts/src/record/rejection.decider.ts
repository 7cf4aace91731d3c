import type { ContactKind, RejectionEvent } from '@samspill/contracts';
import { streamName, type CompanyId, type Decider } from '@samspill/kernel';

type Rejected = Extract<RejectionEvent, { type: 'contacts.record.rejected' }>['data'];

/** Whether a record's last change was refused and still waits for somebody to mend it. */
export interface RejectionState {
  readonly open: Rejected | undefined;
}

export type RejectionCommand =
  | { readonly kind: 'reject'; readonly rejected: Rejected }
  | {
      readonly kind: 'resolve';
      readonly recordKind: ContactKind;
      readonly number: string | undefined;
      readonly how: 'accepted' | 'deleted' | 'dismissed';
    };

/** A stream of its own beside the record's: the last event says whether a refusal stands. */
export const rejectionDecider: Decider<RejectionState, RejectionCommand, RejectionEvent> = {
  initial: () => ({ open: undefined }),

  decide(command, state) {
    if (command.kind === 'reject') {
      return [{ type: 'contacts.record.rejected', data: command.rejected }];
    }
    if (!state.open) return [];
    const number = command.number === undefined ? {} : { number: command.number };
    return [
      {
        type: 'contacts.record.rejection-resolved',
        data: { kind: command.recordKind, ...number, how: command.how },
      },
    ];
  },

  evolve: (_state, event) => ({ open: event.type === 'contacts.record.rejected' ? event.data : undefined }),
};

/** @param reference the record's number; for a record without a usable one, `~` and a hash of what was sent */
export function rejectionStream(company: CompanyId, kind: ContactKind, reference: string): string {
  return streamName('contacts.rejection', company, kind, reference);
}
