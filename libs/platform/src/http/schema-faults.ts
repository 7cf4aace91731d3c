import type { Fault } from '@samspill/kernel';
import type { z } from 'zod';

/** One answer with more than this helps nobody, and a hostile body must not be answered with a larger one. */
const MAX_FAULTS = 200;

/**
 * Every fault that a schema found, by pointer.
 * @param place pointer of the value itself: empty for the body, `/query` and `/path` for parameters
 */
export function faultsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  place: string,
): readonly Fault[] {
  const faults = issues.flatMap((issue) => faultsOfIssue(issue, value, place));
  if (faults.length <= MAX_FAULTS) return faults;
  const left = faults.length - MAX_FAULTS;
  return [
    ...faults.slice(0, MAX_FAULTS),
    { pointer: place, code: 'more-faults', detail: `There are ${left} more faults.` },
  ];
}

function faultsOfIssue(issue: z.core.$ZodIssue, value: unknown, place: string): readonly Fault[] {
  const pointer = pointerOf(issue.path, place);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        pointer: pointerOf([key], pointer),
        code: 'unknown-field',
        detail: `There is no field of the name ${key} here.`,
      }));
    case 'invalid_type':
      return valueAt(value, issue.path) === undefined
        ? [{ pointer, code: 'required', detail: 'This is missing.' }]
        : [{ pointer, code: 'invalid-type', detail: issue.message }];
    case 'invalid_format':
      return [{ pointer, code: `invalid-${issue.format.replaceAll('_', '-')}`, detail: issue.message }];
    case 'custom':
      return [{ pointer, code: customCode(issue.params), detail: issue.message }];
    default:
      return [{ pointer, code: issue.code.replaceAll('_', '-'), detail: issue.message }];
  }
}

/** A refinement may name its own code: `refine(…, { params: { code: 'company.too-old' } })`. */
function customCode(params: Readonly<Record<string, unknown>> | undefined): string {
  const code = params?.['code'];
  return typeof code === 'string' ? code : 'invalid';
}

/** RFC 6901. */
function pointerOf(path: readonly PropertyKey[], place: string): string {
  return path.reduce<string>(
    (pointer, step) => `${pointer}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`,
    place,
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}
