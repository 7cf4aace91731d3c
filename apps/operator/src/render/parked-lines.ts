import type { ParkedAnswer, ParkedOutcomeAnswer, ParkedRecordAnswer } from '@samspill/platform/answers';
import { bytes, count } from './quantities.js';
import { indented, table } from './table.js';

export function parkedTable(parked: readonly ParkedAnswer[]): readonly string[] {
  return table(
    ['ID', 'PROJECTION', 'STREAM', 'TYPE', 'TIME', 'REASON'].map((title) => ({ title })),
    parked.map((event) => [
      event.id,
      event.projection,
      `${event.stream}@${event.version}`,
      event.type,
      event.time,
      event.reason.replaceAll(/\s+/g, ' '),
    ]),
  );
}

export function parkedRecordLines({ parked, headers, data }: ParkedRecordAnswer): readonly string[] {
  const [first] = parked;
  if (!first) return [];
  return [
    `${first.id}  ${first.stream}@${first.version}`,
    ...indented([
      ...parked.map(({ projection, reason }) => `${projection}: ${reason}`),
      `key ${first.key}, ${bytes(first.bytes)} of data`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...(data === undefined ? ['its data may be personal; --data shows it'] : ['', data]),
    ]),
  ];
}

export function parkedOutcomeText(
  verb: string,
  { selected, tried, stillParked }: ParkedOutcomeAnswer,
): string {
  const along = tried > selected ? `, with ${count(tried - selected)} behind them in their streams` : '';
  const left =
    stillParked === 0 ? 'none of them is parked any more' : `${count(stillParked)} are still parked`;
  return `${count(selected)} ${verb}${along}; ${left}`;
}
