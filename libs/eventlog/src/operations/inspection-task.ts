import { contentAsOf } from './as-of.js';
import { beginAnew, buildPart } from './build-part.js';
import type { OperationRun } from './operation-run.js';
import type { Operation } from './operation.js';
import { dropUnfinished } from './rebuild-task.js';
import type { TaskDependencies } from './task-dependencies.js';

/** Builds the state of a moment for people to look at; drops it when it has expired or nobody wants it any more. */
export async function runInspection(run: OperationRun, dependencies: TaskDependencies): Promise<void> {
  const { task, wish, state } = run.operation;
  if (task.kind !== 'inspection') throw new TypeError(`operation ${run.operation.id} is no inspection`);
  const endedAt = new Date().toISOString();
  if (wish === 'drop' || wish === 'cancel' || hasExpired(run.operation)) {
    await dropUnfinished(run, dependencies);
    const isUnfinished = state !== 'ready';
    await run.save({ state: isUnfinished ? 'cancelled' : 'done', settled: wish, endedAt });
    return;
  }
  await run.save({ state: 'running', startedAt: endedAt, failure: null });
  const company = task.scope.kind === 'company' ? task.scope.company : undefined;
  for (const [index, { phase }] of run.parts.entries()) {
    if (phase === 'ready') continue;
    const startedMs = performance.now();
    const content = { state: 'inspection' as const, company, ...contentAsOf(task.asOf) };
    let built = await buildPart(run, index, content, dependencies);
    // Who is forgotten while a generation is built is not found in it by what forgets them.
    while (await isOutdated(run, index, dependencies)) {
      await beginAnew(run, index, dependencies);
      built = await buildPart(run, index, content, dependencies);
    }
    const { readMs, indexMs } = built;
    const durationMs = performance.now() - startedMs;
    await run.enter(index, { phase: 'ready', result: { durationMs, readMs, indexMs } });
  }
  await run.save({ state: 'ready', failure: null });
}

async function isOutdated(
  run: OperationRun,
  index: number,
  { store, isAnyForgottenSince }: TaskDependencies,
): Promise<boolean> {
  const own = run.part(index).generation;
  const generation = (await store.generations(run.projectionOf(index))).find(({ number }) => number === own);
  return generation !== undefined && (await isAnyForgottenSince?.(generation.createdAt)) === true;
}

export function hasExpired({ task }: Operation): boolean {
  return task.kind === 'inspection' && Date.parse(task.expiresAt) <= Date.now();
}
