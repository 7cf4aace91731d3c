import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** Characters gathered before a chunk goes to the socket; larger chunks gain nothing. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Streams lines of COPY's text format into a table; backpressure reaches the producer of the lines. */
export async function copyLines(
  client: ClientBase,
  table: string,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  await pipeline(Readable.from(chunks(lines)), client.query(copyFrom(`COPY ${table} FROM STDIN`)));
}

async function* chunks(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Buffer> {
  let chunk = '';
  // Where lines are there at once, waiting for each would take as long as making it.
  if (Symbol.iterator in lines) {
    for (const line of lines) {
      chunk += line;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(chunk);
      chunk = '';
    }
  } else {
    for await (const line of lines) {
      chunk += line;
      if (chunk.length < CHUNK_CHARACTERS) continue;
      yield Buffer.from(chunk);
      chunk = '';
    }
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
