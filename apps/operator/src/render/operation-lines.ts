import type { DiffAnswer, OperationAnswer, PlanAnswer } from '@samspill/platform/answers';
import { bytes, count, duration } from './quantities.js';
import { indented, table } from './table.js';

type Part = OperationAnswer['parts'][number];

/** `projection contacts.directory`, `service contacts`, `company 7f2c… in contacts` */
export function scopeText(service: string, scope: OperationAnswer['task']['scope']): string {
  switch (scope.kind) {
    case 'projection':
      return `projection ${scope.projection}`;
    case 'service':
      return `service ${service}`;
    case 'company':
      return `company ${scope.company} in ${service}`;
  }
}

/** The part that is being worked on, or the last one. */
export function currentPart({ parts }: OperationAnswer): Part | undefined {
  return (
    parts.find(({ phase }) => phase !== 'done' && phase !== 'ready' && phase !== 'undone') ?? parts.at(-1)
  );
}

/** One line: where it is, count, rate, percent, ETA, and how the live rows do meanwhile. */
export function progressText(operation: OperationAnswer): string {
  const part = currentPart(operation);
  if (!part) return operation.state;
  const { progress, phase } = part;
  const isPlain = operation.state === 'running' || operation.state === phase;
  const state = isPlain ? phase : `${operation.state} (${phase})`;
  const eta =
    progress.etaMs === undefined || progress.percent >= 100 ? '' : `, ETA ${duration(progress.etaMs)}`;
  const trouble = operation.failure === undefined ? '' : `; waits: ${operation.failure}`;
  return (
    `${part.projection}  ${state}  ${count(progress.eventsRead)} of ${count(progress.eventsTotal)} events ` +
    `(${progress.percent} %), ${count(progress.eventsPerSecond)}/s${eta}, live lag ${count(progress.liveLag)}${trouble}`
  );
}

/** What has come of it, part by part. */
export function outcomeLines(service: string, operation: OperationAnswer): readonly string[] {
  const { id, task, state, reason, by, failure } = operation;
  const head = [
    `${task.kind === 'rebuild' ? 'Rebuild' : 'Inspection'} ${id}: ${scopeText(service, task.scope)}, ${state}`,
    ...indented([
      `because: ${reason} (${by})`,
      ...(failure === undefined ? [] : [`${state === 'failed' ? 'failed' : 'trouble'}: ${failure}`]),
      ...(task.kind === 'inspection' ? [`expires: ${task.expiresAt}`] : []),
    ]),
  ];
  return [...head, ...operation.parts.flatMap((part) => indented(partLines(part)))];
}

function partLines(part: Part): readonly string[] {
  const { progress, result, verification } = part;
  const generation = part.generation === undefined ? '' : `, generation ${part.generation}`;
  const read = result === undefined ? '' : ` in ${duration(result.durationMs)}`;
  const lines = [
    `${part.projection}: ${part.phase}${generation}, ${count(progress.rows)} rows, ${count(progress.parked)} parked, from ${count(progress.eventsRead)} events${read}`,
  ];
  if (result?.switchMs !== undefined)
    lines.push(`  switched; live batches were held for ${duration(result.switchMs)}`);
  if (verification !== undefined) lines.push(...indented(verdictLines(verification)));
  if (part.diff !== undefined && !isEqual(part.diff)) lines.push(`  ${diffText(part.diff)}`);
  return lines;
}

function verdictLines({ rows, gaps }: NonNullable<Part['verification']>): readonly string[] {
  const verdict =
    rows.outcome === 'not-comparable'
      ? `not compared with the live rows: ${rows.reason}`
      : `${rows.outcome} ${rows.outcome === 'equal' ? 'to' : 'from'} the live rows (live ${count(rows.live.rows)}, built ${count(rows.built.rows)})`;
  if (gaps.streams === 0) return [verdict];
  const samples = gaps.samples.map(
    ({ stream, expected, found }) => `  ${stream}: version ${expected} should have come, ${found} came`,
  );
  return [verdict, `EVENTS ARE MISSING in ${count(gaps.streams)} streams of the log:`, ...samples];
}

/** Whether any part differs from the live rows, or events are missing. */
export function hasFindings({ parts }: OperationAnswer): boolean {
  return parts.some(
    ({ verification }) =>
      verification !== undefined && (verification.rows.outcome !== 'equal' || verification.gaps.streams > 0),
  );
}

export function isEqual({ added, changed, gone }: DiffAnswer): boolean {
  return added + changed + gone === 0;
}

function diffText({ added, changed, gone, unchanged }: DiffAnswer): string {
  return `rows: ${count(added)} added, ${count(changed)} changed, ${count(gone)} gone, ${count(unchanged)} the same`;
}

export function diffLines(diff: DiffAnswer): readonly string[] {
  const rows = diff.samples.map(({ kind, key, columns }) => [kind, JSON.stringify(key), columns.join(', ')]);
  const head = `${diff.projection}: ${diffText(diff)}`;
  if (rows.length === 0) return [head];
  return [head, ...indented(table([{ title: '' }, { title: 'KEY' }, { title: 'COLUMNS' }], rows))];
}

export function planLines(service: string, plan: PlanAnswer): readonly string[] {
  const rows = plan.parts.map((part) => [
    `${part.projection} v${part.version}`,
    count(part.events),
    `${count(part.eventsPerSecond)}/s ${part.basis}`,
    duration(part.durationMs),
    bytes(part.liveBytes),
    part.byPartition ? 'its partition' : 'from the beginning',
  ]);
  const titles = [
    { title: 'PROJECTION' },
    { title: 'EVENTS', align: 'right' as const },
    { title: 'RATE', align: 'right' as const },
    { title: 'TIME', align: 'right' as const },
    { title: 'LIVE SIZE', align: 'right' as const },
    { title: 'READ AGAIN AFTER A KILL' },
  ];
  return [
    `Rebuild of ${scopeText(service, plan.scope)}: ${count(plan.eventsTotal)} events, about ${duration(plan.durationMs)}`,
    ...indented([...table(titles, rows), ...roomLines(plan)]),
  ];
}

function roomLines({ memory, spill, database }: PlanAnswer): readonly string[] {
  const room =
    database.freeBytes === undefined
      ? 'how much is free cannot be seen from here'
      : `${bytes(database.freeBytes)} free${database.suffices === false ? ': NOT ENOUGH' : ''}`;
  return [
    `memory    ${count(memory.neededMiB)} MiB, ${count(memory.freeMiB)} MiB free${memory.suffices ? '' : ': NOT ENOUGH, lower --memory'}`,
    `disk      about ${bytes(database.neededBytes)} in the database, ${room}`,
    `spilling  to ${spill.folder}, ${bytes(spill.freeBytes)} free`,
  ];
}

/** @param operations with the service that each is of */
export function operationTable(
  operations: readonly { readonly service: string; readonly operation: OperationAnswer }[],
): readonly string[] {
  const rows = operations.map(({ service, operation }) => {
    const part = currentPart(operation);
    const isWorking = operation.state === 'running' || operation.state === 'paused';
    return [
      operation.id,
      scopeText(service, operation.task.scope),
      operation.state,
      isWorking && part ? `${part.projection} ${part.phase} ${part.progress.percent} %` : '',
      operation.createdAt,
      `${operation.reason} (${operation.by})`,
    ];
  });
  const titles = ['ID', 'SCOPE', 'STATE', 'AT', 'ASKED', 'BECAUSE'];
  return table(
    titles.map((title) => ({ title })),
    rows,
  );
}
