import { isRejection } from '@samspill/kernel';
import type { EventLog } from '../event-log.js';
import type { Operation, OperationWish, RebuildScope, Throttle } from '../operations/operation.js';
import { pick } from './pick.js';

const WISHES: readonly OperationWish[] = [
  'pause',
  'run',
  'run',
  'switch',
  'switch',
  'verify',
  'undo',
  'cancel',
];
/** Slow enough that kills find operations at their reading, and faster than anybody writes. */
const SLOW: Throttle = { eventsPerSecond: 3_000 };
/** Of the newest operations, those that something may still be asked of. */
const RECENT = 4;
/** A small share of an hour, so that nobody drops it before somebody asks. */
const EXPIRES_IN_HOURS = 1;

/**
 * What an operator who does not know what he wants asks for at some moment: a rebuild of anything, a look at the past, or something of an
 * operation that is there. Much of it is refused, which is as it should be.
 */
export async function operateAtRandom(
  { operations, manifest }: EventLog,
  random: () => number,
  companies: readonly string[],
): Promise<void> {
  const request = { reason: 'chaos', by: 'user:chaos', throttle: random() < 0.25 ? SLOW : {} } as const;
  const dice = random();
  if (dice < 0.35) {
    const by = random() < 0.5 ? 'automatic' : 'by-hand';
    await operations.rebuild({
      ...request,
      scope: randomScope(random, manifest.projections, companies),
      switch: by,
    });
    return;
  }
  if (dice < 0.42) {
    const scope = randomScope(random, manifest.projections, companies);
    const asOf = { kind: 'time', time: new Date().toISOString() } as const;
    await operations.inspect({ ...request, scope, asOf, expiresInHours: EXPIRES_IN_HOURS });
    return;
  }
  const all = [...(await operations.list('rebuild')), ...(await operations.list('inspection'))];
  const recent = all.toSorted((a, b) => (a.id < b.id ? 1 : -1)).slice(0, RECENT);
  if (recent.length === 0) return;
  const { id, task } = pick(random, recent);
  if (random() < 0.2) await operations.throttle(id, random() < 0.25 ? SLOW : {});
  else await operations.wish(id, task.kind, task.kind === 'inspection' ? 'drop' : pick(random, WISHES));
}

function randomScope(
  random: () => number,
  projections: EventLog['manifest']['projections'],
  companies: readonly string[],
): RebuildScope {
  const dice = random();
  if (dice < 0.6) return { kind: 'projection', projection: pick(random, projections).name };
  return dice < 0.8 ? { kind: 'service' } : { kind: 'company', company: pick(random, companies) };
}

/** Asks for what brings an operation to its end, unless that has been asked for. */
export async function finish(
  { operations }: EventLog,
  { id, task, state, wish, throttle }: Operation,
): Promise<void> {
  if (Object.keys(throttle).length > 0) await operations.throttle(id, {});
  const wanted = state === 'ready' ? (task.kind === 'inspection' ? 'drop' : 'switch') : 'run';
  const isUnderWay = state === 'done' || wish === wanted || (state === 'ready' && wish === 'cancel');
  if (isUnderWay) return;
  const outcome = await operations.wish(id, task.kind, wanted);
  // It may have gone on by itself meanwhile.
  if (isRejection(outcome) && outcome.code !== 'operation.state-conflict') throw new Error(outcome.detail);
}
