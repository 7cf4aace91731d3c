import type { ContactKind } from '@samspill/contracts';
import type { Fault } from '@samspill/kernel';

/** Why a change of somebody who has been forgotten is refused, until an administrator lifts that. Says nothing that was sent. */
export const FORGOTTEN_FAULT: Fault = {
  pointer: '',
  code: 'record.forgotten',
  detail:
    'Whoever this is about was forgotten at an administrator’s request: nothing that is sent of them is kept. Remove the record in the ERP, or have the forgetting lifted.',
};

export function isForgottenFault({ code }: Pick<Fault, 'code'>): boolean {
  return code === FORGOTTEN_FAULT.code;
}

/** What is kept of a change that was refused so: which record it was about. */
export function forgottenChange(
  kind: ContactKind,
  number: string | undefined,
): Readonly<Record<string, unknown>> {
  return { op: 'put', kind, record: number === undefined ? {} : { number } };
}
