import type { Projection, Row } from '@samspill/kernel';
import { z } from 'zod';

import { HttpProblem } from '../http/http-problem.js';

const values = z.array(z.union([z.string(), z.number(), z.boolean()]));

/** The key of a page's last row, as callers get it. */
export function cursorOf({ table }: Projection, row: Row): string {
  return Buffer.from(JSON.stringify(table.key.map((name) => row[name]))).toString('base64url');
}

/** @throws HttpProblem where it is not one of ours */
export function rowAfter({ table }: Projection, cursor: string): Row {
  try {
    const key = values
      .length(table.key.length)
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return Object.fromEntries(table.key.map((name, index) => [name, key[index] ?? null]));
  } catch {
    throw new HttpProblem(
      400,
      'request.cursor-invalid',
      '`after` is not the `next` of a page of these rows.',
    );
  }
}

/** `column=value` texts as a filter. @throws HttpProblem */
export function filterFrom(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text): [string, string] => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new HttpProblem(
          400,
          'request.filter-invalid',
          '`where` is column=value, e.g. where=kind=customer.',
        );
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
