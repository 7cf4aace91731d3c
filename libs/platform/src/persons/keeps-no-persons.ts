import { reject, type Rejection } from '@samspill/kernel';

import type { KeptData, PersonRecord } from './person.answers.js';
import type { PersonRequests } from './person-requests.js';

/**
 * The answers of a context that keeps nothing about people.
 * @param keeps what it keeps of another kind and might be taken for it; said with every answer
 */
export function keepsNoPersons(context: string, keeps: readonly KeptData[]): PersonRequests {
  const none = (records: readonly PersonRecord[]): Rejection => noSuchKind(context, [], records);
  return {
    areOf: 'company',
    find: () => Promise.resolve({ keeps, found: [], isCut: false }),
    erase: (_company, { records }) => Promise.resolve(none(records)),
    lift: (_company, { records }) => Promise.resolve(none(records)),
  };
}

/** Names every record that is of no kind that the context keeps. */
export function noSuchKind(
  context: string,
  kinds: readonly string[],
  records: readonly PersonRecord[],
): Rejection {
  const known =
    kinds.length === 0
      ? `${context} keeps no records of people.`
      : `${context} keeps records of these kinds: ${kinds.join(', ')}.`;
  const faults = records.flatMap(({ kind }, index) =>
    kinds.includes(kind)
      ? []
      : [{ pointer: `/records/${index}/kind`, code: 'record.kind', detail: `«${kind}» is none. ${known}` }],
  );
  return reject('person.kind-unknown', known, faults);
}
