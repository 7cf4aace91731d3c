import type { RecordPlace } from '../projection-store.js';

const PLACE = /^(?<topic>[A-Za-z0-9._-]{1,249}):(?<partition>\d{1,9}):(?<offset>\d{1,19})$/;

/** How people and programs name a parked event: `samspill.contacts:3:1042` is offset 1042 of partition 3. */
export function writePlace({ topic, partition, offset }: RecordPlace): string {
  return `${topic}:${partition}:${offset}`;
}

export function readPlace(text: string): RecordPlace | undefined {
  const { topic, partition, offset } = PLACE.exec(text)?.groups ?? {};
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  return { topic, partition: Number(partition), offset: BigInt(offset) };
}
