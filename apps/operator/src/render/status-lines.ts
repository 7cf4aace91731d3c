import type { StatusAnswer } from '@samspill/platform/answers';
import { bytes, count, duration } from './quantities.js';
import { operationTable } from './operation-lines.js';
import { reactorReasons, reactorTable } from './reactor-lines.js';
import { indented, table } from './table.js';

/** How many lagging partitions are named; a service that has just started lags in all of them. */
const LAGGING_SHOWN = 12;

type State = StatusAnswer['gate'];

export function statusLines(service: string, url: string, status: StatusAnswer): readonly string[] {
  const rows = new Map(status.projectionRows.map((row) => [`${row.name} v${row.version}`, row]));
  const projections = status.liveness.map((projection) => {
    const name = `${projection.name} v${projection.version}`;
    return [
      name,
      projection.liveGeneration === undefined ? 'none yet' : String(projection.liveGeneration),
      bytes(projection.bytes),
      count(projection.lag),
      count(projection.parked),
      ...(rows.size === 0 ? [] : [count(rows.get(name)?.rows ?? 0), rows.get(name)?.hash ?? '']),
    ];
  });
  const titles = [
    { title: 'PROJECTION' },
    ...['GENERATION', 'SIZE', 'LAG', 'PARKED'].map((title) => ({ title, align: 'right' as const })),
    ...(rows.size === 0 ? [] : [{ title: 'ROWS', align: 'right' as const }, { title: 'HASH' }]),
  ];
  const { oldestMs, count: unpublished } = status.unpublished;
  return [
    `${service}  ${url}`,
    ...indented([
      `writing      ${stateText(status.gate)}`,
      `publishing   ${stateText(status.relay)}${unpublished === 0 ? '' : `, ${count(unpublished)} events wait, the oldest for ${duration(oldestMs)}`}`,
      `projecting   ${stateText(status.projections)}`,
      ...(status.logTrouble === undefined
        ? table(titles, projections)
        : [`THE LOG DOES NOT ANSWER, so that nothing is known about projections: ${status.logTrouble}`]),
      ...laggingLines(status),
      ...replacedLines(status),
      ...(status.reactors.length === 0
        ? []
        : ['', ...reactorTable(status.reactors), ...reactorReasons(status.reactors)]),
      ...(status.operations.length === 0
        ? []
        : ['', ...operationTable(status.operations.map((operation) => ({ service, operation })))]),
    ]),
  ];
}

/** Whether a person should look: something does not work, or events are parked. */
export function needsAttention(status: StatusAnswer): boolean {
  const { gate, relay, projections, liveness, reactors, logTrouble } = status;
  return (
    logTrouble !== undefined ||
    gate.state !== 'open' ||
    relay.state !== 'running' ||
    projections.state !== 'running' ||
    liveness.some(({ parked, replaced }) => parked > 0 || replaced.length > 0) ||
    reactors.some(({ state, refused }) => state === 'held' || state === 'failing' || refused > 0)
  );
}

function stateText({ state, reason }: State): string {
  return reason === undefined ? state : `${state}: ${reason}`;
}

function replacedLines({ liveness }: StatusAnswer): readonly string[] {
  return liveness.flatMap(({ name, replaced }) =>
    replaced.length === 0
      ? []
      : [`${name} HAS READ A LOG THAT IS NOT THERE ANY MORE, and stands still until it is rebuilt`],
  );
}

function laggingLines({ liveness }: StatusAnswer): readonly string[] {
  return liveness.flatMap(({ name, lagging }) => {
    if (lagging.length === 0) return [];
    const most = lagging.toSorted((a, b) => b.events - a.events).slice(0, LAGGING_SHOWN);
    const places = most.map(({ topic, partition, events }) => `${topic}:${partition} ${count(events)}`);
    const more = lagging.length > most.length ? `, and ${lagging.length - most.length} more` : '';
    return [`${name} is behind in ${places.join(', ')}${more}`];
  });
}
