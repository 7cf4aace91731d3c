import { PlatformError, type Projection } from '@samspill/kernel';
import type { Checkpoint } from '../projection-store.js';
import { compareWithLive } from '../rebuild/compare.js';
import { catchUp, followAndSwitch } from '../rebuild/switch-generation.js';
import type { AdvanceTarget } from '../rebuild/advance.js';
import { pause } from '../retry.js';
import { noteHoles } from '../telemetry/projecting.js';
import { buildPart, type PartContent } from './build-part.js';
import type { OperationRun } from './operation-run.js';
import type { OperationPart } from './operation.js';
import type { TaskDependencies } from './task-dependencies.js';
import { noRowsToExchange, withoutLiveRows } from './without-live-rows.js';

/** Generations that were replaced and are kept as the way back. */
const OLD_GENERATIONS_KEPT = 1;
const STORE_POLL_MS = 200;
/** Why writing is closed while the event store is being filled. */
const FILLING: readonly string[] = ['eventlog.starting', 'eventlog.store-behind-log'];

/** Goes on with a rebuild from wherever it stands, as far as it can go without being asked for more. */
export async function runRebuild(run: OperationRun, dependencies: TaskDependencies): Promise<void> {
  const { state, wish } = run.operation;
  if (state === 'done') {
    if (wish === 'undo') await undo(run, dependencies);
    return;
  }
  if (wish === 'cancel') {
    await dropUnfinished(run, dependencies);
    await run.save({ state: 'cancelled', settled: 'cancel', endedAt: new Date().toISOString() });
    return;
  }
  const switchNow = state === 'ready' && wish === 'switch';
  await run.save({ state: 'running', startedAt: new Date().toISOString(), failure: null });
  if (taskOf(run).scope.kind === 'service') await fillStore(run, dependencies);
  for (const index of await inOrder(run, dependencies)) {
    await alone(run, index, dependencies, () => rebuildPart(run, index, switchNow, dependencies));
  }
  const isWhole = run.parts.every(({ phase }) => phase === 'done');
  const ended = isWhole ? { endedAt: new Date().toISOString() } : {};
  const settled = state === 'ready' && (wish === 'switch' || wish === 'verify') ? { settled: wish } : {};
  await run.save({ state: isWhole ? 'done' : 'ready', failure: null, ...ended, ...settled });
}

function taskOf(run: OperationRun): Extract<OperationRun['operation']['task'], { kind: 'rebuild' }> {
  const { task } = run.operation;
  if (task.kind === 'rebuild') return task;
  throw new TypeError(`operation ${run.operation.id} is no rebuild`);
}

function companyOf(run: OperationRun): string | undefined {
  const { scope } = taskOf(run);
  return scope.kind === 'company' ? scope.company : undefined;
}

/**
 * The parts that are not done, those first whose projections have no live rows: the service follows the log when all have some, and no
 * sooner can others be compared with theirs.
 */
async function inOrder(run: OperationRun, { store }: TaskDependencies): Promise<readonly number[]> {
  const left = [...run.parts.keys()].filter((index) => run.part(index).phase !== 'done');
  const missing = await withoutLiveRows(
    left.map((index) => run.projectionOf(index)),
    store,
  );
  const [first] = missing;
  if (first && companyOf(run) !== undefined)
    throw new PlatformError('operation.company-not-possible', noRowsToExchange(first), false);
  const isMissing = (index: number): boolean => missing.includes(run.projectionOf(index));
  return [...left.filter((index) => isMissing(index)), ...left.filter((index) => !isMissing(index))];
}

/** Builds a part, compares it, and switches to it where that is allowed. */
async function rebuildPart(
  run: OperationRun,
  index: number,
  switchNow: boolean,
  dependencies: TaskDependencies,
): Promise<void> {
  const { store } = dependencies;
  const projection = run.projectionOf(index);
  const company = companyOf(run);
  const before = await store.generations(projection);
  const own = run.part(index).generation;
  // The last run may have ended between the switch and saying so.
  const isSwitched = before.some(
    ({ number, state }) => number === own && state === (company === undefined ? 'live' : 'old'),
  );
  if (isSwitched) {
    await finish(run, index, dependencies);
    return;
  }
  const live = before.find(({ state }) => state === 'live')?.number;
  // Before the ends of the log are looked at: what has been read by then and is not there then is of a log that is gone.
  const readByLive = live === undefined ? [] : await store.checkpoints(projection, live);
  const startedMs = performance.now();
  const content: PartContent = { state: 'building', company, selection: {} };
  const { target, readMs, indexMs } = await buildPart(run, index, content, dependencies);
  await run.enter(index, { phase: 'catching-up', ...(live !== undefined && { replaced: live }) });
  const passed = (events: number): Promise<void> => run.pace.pass(events, run.signal);
  if (company === undefined) await catchUp(target, run.signal, passed);
  const isSound = await verify(run, index, target, live);
  const result = { durationMs: performance.now() - startedMs, readMs, indexMs };
  if (!switchNow && (taskOf(run).switch === 'by-hand' || !isSound)) {
    await run.enter(index, { phase: 'ready', result });
    return;
  }
  await switchPart(run, index, target, readByLive, result);
  await finish(run, index, dependencies);
}

/**
 * @returns whether nothing speaks against a switch: rows may differ, which may be what the rebuild is for, but no event may be missing
 *   where there are rows to be kept instead
 */
async function verify(
  run: OperationRun,
  index: number,
  target: AdvanceTarget,
  live: number | undefined,
): Promise<boolean> {
  await run.enter(index, { phase: 'verifying' });
  const gaps = run.part(index).gaps ?? { streams: 0, samples: [] };
  noteHoles(run.part(index).projection, gaps.streams);
  const { verdict, diff } = await compareWithLive(target, live, run.signal);
  const verification = { verifiedAt: new Date().toISOString(), rows: verdict, gaps };
  run.update(index, { verification, ...(diff && { diff }) });
  return gaps.streams === 0 || live === undefined;
}

async function switchPart(
  run: OperationRun,
  index: number,
  target: AdvanceTarget,
  readByLive: readonly Checkpoint[],
  result: NonNullable<OperationPart['result']>,
): Promise<void> {
  await run.enter(index, { phase: 'switching' });
  const passed = (events: number): Promise<void> => run.pace.pass(events, run.signal);
  const startedMs = performance.now();
  const switchMs = await followAndSwitch(target, readByLive, run.signal, passed);
  const durationMs = result.durationMs + performance.now() - startedMs;
  run.update(index, { result: { ...result, durationMs, switchMs } });
}

/** Drops former generations beyond those that are kept, and says that the part is done. */
async function finish(run: OperationRun, index: number, { store }: TaskDependencies): Promise<void> {
  const projection = run.projectionOf(index);
  const company = companyOf(run);
  const generations = await store.generations(projection); // newest first
  const former = generations.filter(({ state }) => state === 'old');
  // Rows of one company that were exchanged against rows that are not live any more are no way back.
  const dropped =
    company === undefined
      ? [
          ...former.filter((old) => old.company !== undefined),
          ...former.filter((old) => old.company === undefined).slice(OLD_GENERATIONS_KEPT),
        ]
      : former.filter((old) => old.company === company).slice(OLD_GENERATIONS_KEPT);
  for (const { number } of dropped) await store.dropGeneration(projection, number);
  await run.enter(index, { phase: 'done' });
}

/** Puts the former rows back, brought up to the log first. */
async function undo(run: OperationRun, dependencies: TaskDependencies): Promise<void> {
  const company = companyOf(run);
  for (const index of run.parts.keys()) {
    await alone(run, index, dependencies, async () => {
      const projection = run.projectionOf(index);
      const { generation, replaced } = run.part(index);
      const generations = await dependencies.store.generations(projection);
      const stateOf = (number: number | undefined): string | undefined =>
        generations.find((candidate) => candidate.number === number)?.state;
      const [from, to] = company === undefined ? [generation, replaced] : [replaced, generation];
      if (run.part(index).phase === 'undone') return;
      if (to === undefined || stateOf(from) !== 'live' || stateOf(to) !== 'old')
        throw cannotBeUndone(projection);
      const { store, log, catalogue, keys } = dependencies;
      const target = { store, log, catalogue, keys, projection, generation: to, company };
      const live = await store.checkpoints(projection, from ?? to);
      await followAndSwitch(target, live, run.signal, (events) => run.pace.pass(events, run.signal));
      await run.enter(index, { phase: 'undone' });
    });
  }
  await run.save({ state: 'undone', settled: 'undo', failure: null, endedAt: new Date().toISOString() });
}

/**
 * Waits while the event store takes in what the log has: nobody may write before, so that goes first. What else keeps writing closed does
 * not keep rows from being built.
 */
async function fillStore(run: OperationRun, { gate, stored }: TaskDependencies): Promise<void> {
  const index = run.parts.findIndex(({ phase }) => phase !== 'done');
  if (index < 0) return;
  for (let state = gate(); state.state === 'closed' && FILLING.includes(state.code); state = gate()) {
    const { events, total } = await stored();
    run.progress(index, { eventsRead: events, eventsTotal: total });
    if (run.part(index).phase !== 'filling-store' || run.operation.failure !== state.reason) {
      run.update(index, { phase: 'filling-store' });
      await run.save({ failure: state.reason });
    }
    await pause(STORE_POLL_MS, run.signal);
    await run.pace.pass(0, run.signal);
  }
  if (run.operation.failure !== undefined) await run.save({ failure: null });
}

/** Drops what parts have built and not switched to, of the projections that this service has. */
export async function dropUnfinished(run: OperationRun, { store }: TaskDependencies): Promise<void> {
  for (const [index, { phase, generation }] of run.parts.entries()) {
    if (phase === 'done' || generation === undefined) continue;
    const projection = run.knownProjectionOf(index);
    if (!projection) continue; // its tables are for whoever removed it to remove
    const own = (await store.generations(projection)).find(({ number }) => number === generation);
    if (own?.state === 'building' || own?.state === 'inspection')
      await store.dropGeneration(projection, generation);
  }
}

/** No two operations work on one projection's generations at once. */
async function alone(
  run: OperationRun,
  index: number,
  { store }: TaskDependencies,
  work: () => Promise<void>,
): Promise<void> {
  const { name } = run.projectionOf(index);
  const done = await store.exclusively(`rebuild ${name}`, async (lost) => {
    lost.addEventListener('abort', () => run.abort(lost.reason), { once: true });
    await work();
    return true;
  });
  if (done) return;
  throw new PlatformError(
    'operation.projection-busy',
    `${name} is being worked on by another operation.`,
    true,
  );
}

function cannotBeUndone({ name }: Projection): PlatformError {
  return new PlatformError(
    'operation.undo-not-possible',
    `${name} has been rebuilt again since, or its former rows have been dropped: there is nothing to go back to.`,
    false,
  );
}
