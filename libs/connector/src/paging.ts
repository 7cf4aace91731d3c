import { PlatformError } from '@samspill/kernel';

export interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: Cursor;
}

/** A list that does not end is a fault of the other side, and would never be noticed otherwise. */
const MOST_PAGES = 100_000;

/**
 * All items of a list, a page at a time, as they are asked for.
 * @throws PlatformError `connector.paging` where a cursor leads to itself, or there is no end
 */
export async function* pages<Item, Cursor extends string | number>(
  fetchPage: (cursor: Cursor | undefined) => Promise<Page<Item, Cursor>>,
  mostPages = MOST_PAGES,
): AsyncGenerator<Item, void, undefined> {
  let cursor: Cursor | undefined;
  for (let count = 0; count < mostPages; count += 1) {
    const { items, next } = await fetchPage(cursor);
    yield* items;
    if (next === undefined) return;
    if (next === cursor) throw endless('a page leads to itself');
    cursor = next;
  }
  throw endless(`it has more than ${mostPages} pages`);
}

function endless(why: string): PlatformError {
  return new PlatformError('connector.paging', `The list does not end: ${why}.`, false);
}
