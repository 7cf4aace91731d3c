import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import type { z } from 'zod';

import { HttpProblem } from './http-problem.js';
import { faultsOfIssues } from './schema-faults.js';

/** Where a parameter is, as the beginning of the pointers of its faults. */
const PLACES: Readonly<Partial<Record<ArgumentMetadata['type'], string>>> = {
  query: '/query',
  param: '/path',
};

/**
 * Checks what has a schema: `@Body({ schema })`, `@Query({ schema })`, `@Param('id', { schema })`. The handler gets the parsed
 * value; a value that does not fit is answered with 400 and every fault by pointer.
 */
export class SchemaValidationPipe extends StandardSchemaValidationPipe {
  override async transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    const { schema, type, data } = metadata;
    if (schema === undefined || !this.toValidate(metadata)) return value;
    this.stripProtoKeys(value);
    const result = await this.validate<Value>(value, schema);
    if (result.issues === undefined) return result.value;
    const place = PLACES[type] ?? '';
    const faults = faultsOfIssues(
      result.issues.filter(isZodIssue),
      value,
      data === undefined || type === 'body' ? place : `${place}/${data}`,
    );
    const what = type === 'body' ? 'The body' : 'A parameter';
    throw new HttpProblem(
      400,
      'request.invalid',
      `${what} does not have the right form; see the faults.`,
      faults,
    );
  }
}

/** Nest knows issues only as the Standard Schema describes them; ours come from zod, which says more. */
function isZodIssue(issue: object): issue is z.core.$ZodIssue {
  return 'code' in issue && 'path' in issue;
}
