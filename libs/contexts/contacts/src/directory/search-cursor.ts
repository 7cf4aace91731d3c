import { reject, type Rejection } from '@samspill/kernel';
import { z } from 'zod';

/** Where a page ended: the next one begins behind it, whatever has come or gone since. */
export interface SearchPosition {
  readonly tier: number;
  readonly sortName: string;
  readonly kind: string;
  readonly number: string;
  /** The query that was searched for instead, where what was typed was not found. */
  readonly meant?: string | undefined;
}

const positionSchema = z.tuple([z.int().min(0).max(2), z.string(), z.string(), z.string()]).rest(z.string());

export const CURSOR_MAX_LENGTH = 2_000;

export function writeCursor({ tier, sortName, kind, number, meant }: SearchPosition): string {
  const parts = [tier, sortName, kind, number, ...(meant === undefined ? [] : [meant])];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** A cursor that is not one of ours is refused: to begin at the top instead would have a program read for ever. */
export function readCursor(text: string): SearchPosition | Rejection {
  const parsed = positionSchema.safeParse(json(Buffer.from(text, 'base64url').toString('utf8')));
  if (!parsed.success || parsed.data.some((part) => typeof part === 'string' && part.includes('\0'))) {
    return reject('search.cursor-invalid', 'This is not a cursor of this search. Begin without one.', [
      {
        pointer: '/query/cursor',
        code: 'search.cursor-invalid',
        detail: 'Pass `next` of the page before as it came.',
      },
    ]);
  }
  const [tier, sortName, kind, number, meant] = parsed.data;
  return { tier, sortName, kind, number, meant };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
