import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from '@samspill/kernel';
import type { Cli } from '../cli.js';
import { EXIT, Stop } from '../exit-codes.js';

/**
 * Writes what a service sends to a file that does not exist yet, or to standard output.
 * @throws Stop where it cannot be written
 */
export async function saveDownload(cli: Cli, from: Readable, file: string | undefined): Promise<void> {
  if (file === undefined) {
    await pipeline(from, process.stdout, { end: false });
    return;
  }
  try {
    await pipeline(from, createWriteStream(file, { flags: 'wx' }));
  } catch (error) {
    const reason = reasonOf(error);
    throw new Stop(EXIT.usage, `${file} could not be written: ${reason}`);
  }
  cli.terminal.warn(`Written to ${file}.`);
}
