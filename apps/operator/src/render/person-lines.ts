import type { FoundPerson, PersonFindings, PersonRecord, PersonValue } from '@samspill/platform/answers';
import type { EraseReport, FindReport, LiftReport, ServicePart } from '../person-report.js';
import { count } from './quantities.js';
import { indented, table } from './table.js';

/** Fields that tell a person which record it is. */
const TELLING: ReadonlySet<string> = new Set(['/name', '/record/name']);

export function findLines(report: FindReport): readonly string[] {
  const found = report.services.reduce(
    (sum, part) => sum + (part.answered ? part.answer.found.length : 0),
    0,
  );
  return [
    ...report.services.flatMap((part) => partLines(part, foundIn)),
    ...endLines(report, found === 0 ? 'Nothing was found.' : `${records(found)} found.`),
  ];
}

export function eraseLines(report: EraseReport): readonly string[] {
  const answered = report.services.filter((part) => part.answered);
  const erased = answered.reduce((sum, { answer }) => sum + answer.records.length, 0);
  const end =
    erased === 0
      ? 'No record was chosen: nothing has that very e-mail address or phone number, and none was named.'
      : report.isDryRun
        ? `${records(erased)} would be forgotten; nothing was done.`
        : `${records(erased)} forgotten.`;
  return [
    ...report.services.flatMap((part) =>
      partLines(part, ({ records, remains, waitsFor, stillFound }) => [
        ...(records.length === 0 ? ['nothing to forget'] : []),
        ...records.map((record) => `${keyOf(record)}  ${record.outcome.replaceAll('-', ' ')}`),
        ...(waitsFor === undefined ? [] : [`not yet gone from what people see: ${waitsFor}`]),
        ...stillFound.map(
          (record) =>
            `still found: ${keyOf(record)}, ${record.isExact ? 'exactly' : 'as a mention or by name'}`,
        ),
        ...remains.map(({ what, why }) => `remains: ${what}. ${why}`),
      ]),
    ),
    ...endLines(report, end),
  ];
}

export function liftLines(report: LiftReport, asked: readonly PersonRecord[]): readonly string[] {
  const answered = report.services.flatMap((part) => (part.answered ? part.answer.records : []));
  const nowhere = asked.filter((record) => !answered.some((other) => keyOf(other) === keyOf(record)));
  return [
    ...report.services.flatMap((part) =>
      partLines(part, ({ records }) =>
        records.map((record) => `${keyOf(record)}  ${record.outcome.replaceAll('-', ' ')}`),
      ),
    ),
    ...nowhere.map((record) => `${keyOf(record)}: no service that answered has records of this kind.`),
    ...endLines(report, 'What was lifted comes with the next change of it in the ERP, or the next import.'),
  ];
}

/** What is about to be forgotten, with names, for the person who is asked. */
export function chosenLines(
  services: readonly ServicePart<PersonFindings>[],
  chosen: ReadonlyMap<string, readonly PersonRecord[]>,
): readonly string[] {
  return services.flatMap((part) =>
    partLines(part, ({ found }) =>
      (chosen.get(part.service) ?? []).map((record) => {
        const known = found.find((one) => keyOf(one) === keyOf(record));
        const name =
          known &&
          [...known.fields, ...known.elsewhere.flatMap(({ fields }) => fields)].find(({ field }) =>
            TELLING.has(field),
          );
        const related = known?.related.map((other) => `${keyOf(other)} stays (${other.how})`) ?? [];
        return [`${keyOf(record)}  ${name?.value ?? 'nothing is known of it now'}`, ...related].join('; ');
      }),
    ),
  );
}

function partLines<Answer>(
  part: ServicePart<Answer>,
  lines: (answer: Answer) => readonly string[],
): readonly string[] {
  const head = `${part.service}  ${part.url}`;
  return part.answered
    ? [head, ...indented(lines(part.answer))]
    : [head, ...indented([`HAS NOT ANSWERED: ${part.why}`])];
}

function endLines(
  { notThere, isComplete, services }: FindReport | EraseReport | LiftReport,
  end: string,
): readonly string[] {
  const silent = services.filter((part) => !part.answered).map(({ service }) => service);
  return [
    ...notThere.map((service) => `${service} does not run behind this address, and was not asked.`),
    end,
    ...(isComplete
      ? []
      : [`THIS IS NOT ALL: nothing is known of ${silent.join(', ')}. Run it again when it answers.`]),
  ];
}

function foundIn({ keeps, found, isCut }: PersonFindings): readonly string[] {
  return [
    ...(found.length === 0 ? ['nothing was found'] : found.flatMap(recordLines)),
    ...(isCut ? ['more was found than is shown: say more of the person'] : []),
    ...keeps.map(({ what, note }) => `keeps: ${what}. ${note}`),
  ];
}

function recordLines(found: FoundPerson): readonly string[] {
  const matches = found.matches.map(({ by, field, isExact }) =>
    by === 'record' ? 'asked for' : `${by} in ${field} ${isExact ? '(exact)' : '(mentioned)'}`,
  );
  return [
    `${keyOf(found)}  ${found.state.replaceAll('-', ' ')}  ${[...new Set(matches)].join(', ')}`,
    ...indented([
      ...valueTable(found.fields),
      ...(found.former.length === 0 ? [] : ['before:', ...valueTable(found.former)]),
      ...found.elsewhere.flatMap(({ place, fields }) => [`${place}:`, ...valueTable(fields)]),
      ...found.related.map((other) => `${keyOf(other)}: ${other.how}`),
    ]),
  ];
}

function valueTable(values: readonly (PersonValue & { readonly until?: string })[]): readonly string[] {
  if (values.length === 0) return [];
  return table(
    ['FIELD', 'VALUE', 'SINCE', 'UNTIL', 'FROM'].map((title) => ({ title })),
    values.map(({ field, value, since, until, from }) => [
      field,
      value.replaceAll(/\s+/g, ' '),
      since ?? '',
      until ?? '',
      from ?? '',
    ]),
  );
}

function records(how: number): string {
  return how === 1 ? '1 record' : `${count(how)} records`;
}

function keyOf({ kind, reference }: PersonRecord): string {
  return `${kind}/${reference}`;
}
