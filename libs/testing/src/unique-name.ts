import { randomBytes } from 'node:crypto';

const RANDOM_BYTES = 5;

/** A name that no other suite or run uses, for topics, groups and databases: `contacts_3f9a0c1b2d`. */
export function uniqueName(prefix: string): string {
  return `${prefix}_${randomBytes(RANDOM_BYTES).toString('hex')}`;
}
