import { isRejection, isUuid, parseStream, reject, type Actor, type Rejection } from '@samspill/kernel';
import { uuidv7 } from '../ids.js';
import type { CommandContext } from '../unit.js';
import type { Hold } from './intake-hold.js';
import { revertWishNote, startNote } from './revert-audit.js';
import type { RevertDependencies } from './revert-dependencies.js';
import type { RevertRunner } from './revert-runner.js';
import type { ItemQuery } from './revert-store.js';
import {
  NOTHING_YET,
  REVERT_VERDICTS,
  type Revert,
  type RevertItem,
  type RevertSelection,
  type RevertState,
  type RevertWish,
} from './revert.js';

/** Reverts that a list shows, newest first. */
const MAX_LISTED = 200;
/** Streams of each kind that a preview shows at once; all of it is what a download is for. */
export const MAX_REVERT_SAMPLES = 10;
/** Streams that can be named in one selection. */
export const MAX_NAMED_STREAMS = 1_000;

const POSSIBLE_IN: Readonly<Record<RevertWish, readonly RevertState[]>> = {
  run: ['started', 'paused'],
  pause: ['started', 'paused'],
  cancel: ['planning', 'planned', 'started', 'paused'],
};

/** Puts streams of a company back as they were: first a preview, then, where somebody says so, the events that do it. */
export class Reverts {
  constructor(
    /** Undefined where this service has nothing that can be put back. */
    private readonly dependencies: RevertDependencies | undefined,
    private readonly runner: RevertRunner | undefined,
  ) {}

  /** What a preview leaves out, in sentences; empty where nothing can be reverted here. */
  get leaves(): readonly string[] {
    return this.dependencies?.reverting.leaves ?? [];
  }

  /** Begins to make a preview. Nothing else is done before {@link start}. */
  async plan(selection: RevertSelection, context: CommandContext): Promise<Revert | Rejection> {
    const { dependencies } = this;
    if (!dependencies) return notPossible();
    const target = await this.#targetOf(selection, dependencies, context);
    if (isRejection(target)) return target;
    const revert: Revert = {
      id: uuidv7(),
      selection: inUtc(selection),
      ...target,
      state: 'planning',
      wish: 'run',
      plannedBy: context.actor,
      startedBy: undefined,
      reason: undefined,
      counts: NOTHING_YET,
      createdAt: new Date().toISOString(),
      startedAt: undefined,
      endedAt: undefined,
      failure: undefined,
    };
    await dependencies.reverts.add(revert);
    this.runner?.wake();
    return revert;
  }

  /** Lets a planned revert begin. One of a company is at work at a time. */
  async start(id: string, reason: string, by: Actor): Promise<Revert | Rejection> {
    const found = await this.find(id);
    if (isRejection(found)) return found;
    const start = { by, reason, at: new Date().toISOString() };
    const after = await this.dependencies?.reverts.start(id, start, startNote(found, start));
    if (after?.id === id) {
      this.runner?.wake();
      this.dependencies?.audit.wake();
      return after;
    }
    if (after)
      return reject(
        'revert.running-conflict',
        `Another revert of this company is ${after.state}: ${after.id}. Let it end, or cancel it.`,
      );
    const detail =
      found.state === 'planning'
        ? 'The preview is still being made.'
        : `The revert is ${found.state}: only one that is planned can be started. Make a new preview.`;
    return reject('revert.state-conflict', detail);
  }

  /** `run` goes on with one that is paused. What a cancelled one has done stays done. */
  async wish(id: string, wish: RevertWish, by: Actor): Promise<Revert | Rejection> {
    const found = await this.find(id);
    if (isRejection(found)) return found;
    const note = revertWishNote(found, wish, by);
    const wished = await this.dependencies?.reverts.wish(id, wish, POSSIBLE_IN[wish], note);
    this.runner?.wake();
    this.dependencies?.audit.wake();
    if (wished) return wished;
    return reject(
      'revert.state-conflict',
      `The revert is ${found.state}; ${wish} is possible where it is ${POSSIBLE_IN[wish].join(' or ')}.`,
    );
  }

  async find(id: string): Promise<Revert | Rejection> {
    const found = isUuid(id) ? await this.dependencies?.reverts.find(id) : undefined;
    return found ?? reject('revert.not-found', `There is no revert ${id}.`);
  }

  /** Newest first, at most {@link MAX_LISTED}. */
  async list(): Promise<readonly Revert[]> {
    return (await this.dependencies?.reverts.list(MAX_LISTED)) ?? [];
  }

  /** The preview and what has become of it, by the names of the streams. */
  async items(id: string, query: ItemQuery): Promise<readonly RevertItem[] | Rejection> {
    const found = await this.find(id);
    if (isRejection(found)) return found;
    return (await this.dependencies?.reverts.items(id, query)) ?? [];
  }

  /** Some of the preview of each kind, and of what did not come out as it was previewed. */
  async samples({ id, counts }: Revert): Promise<readonly RevertItem[]> {
    const { dependencies } = this;
    if (!dependencies) return [];
    const odd = (['moved-on', 'refused'] as const).filter((outcome) => counts.outcomes[outcome] > 0);
    const verdicts = REVERT_VERDICTS.filter((verdict) => counts.verdicts[verdict] > 0);
    const queries: ItemQuery[] = [
      ...odd.map((outcome) => ({ outcome, limit: MAX_REVERT_SAMPLES })),
      ...verdicts.map((verdict) => ({ verdict, limit: MAX_REVERT_SAMPLES })),
    ];
    const samples = new Map<string, RevertItem>();
    for (const query of queries)
      for (const item of await dependencies.reverts.items(id, query)) samples.set(item.stream, item);
    return [...samples.values()];
  }

  /** Why a company's intake is held; undefined where it is not. */
  async hold(company: string): Promise<Hold | undefined> {
    const { dependencies } = this;
    if (!dependencies) return undefined;
    const context = { actor: dependencies.self, correlationId: uuidv7(), now: new Date() };
    return await dependencies.transact(context, (unit) => dependencies.holds.find(unit, company));
  }

  /** Lets a company's business system speak again. */
  async release(company: string, reason: string, context: CommandContext): Promise<Hold | Rejection> {
    const { dependencies } = this;
    if (!dependencies) return notPossible();
    const atWork = (await dependencies.reverts.open()).find(
      (revert) => revert.company === company && (revert.state === 'started' || revert.state === 'paused'),
    );
    if (atWork)
      return reject(
        'revert.running-conflict',
        `Revert ${atWork.id} of this company is ${atWork.state}, and what came in would get in its way. Let it end, or cancel it.`,
      );
    const ended = await dependencies.transact(context, async (unit) => {
      const hold = await dependencies.holds.release(unit, company, reason);
      if (hold) {
        const what = { operation: hold.revert, kind: 'intake-release', step: 'finished', scope: { company } };
        await dependencies.audit.within(unit, { ...what, reason });
      }
      return hold;
    });
    return ended ?? reject('revert.hold-not-found', `Nothing is held for company ${company} here.`);
  }

  async #targetOf(
    selection: RevertSelection,
    { reverting, transact }: RevertDependencies,
    context: CommandContext,
  ): Promise<Pick<Revert, 'company' | 'causationId'> | Rejection> {
    switch (selection.kind) {
      case 'company':
        return { company: selection.company, causationId: undefined };
      case 'streams': {
        const company = companyOf(selection.streams, reverting.rules);
        return isRejection(company) ? company : { company, causationId: undefined };
      }
      case 'import': {
        const { imports } = reverting;
        if (!imports) return reject('revert.import-not-found', 'This service imports nothing.');
        const stream = imports.stream(selection.import);
        return imports.cause(await transact(context, (unit) => unit.load(stream)), selection.import);
      }
    }
  }
}

/** Times are compared with those of events, which are in UTC. */
function inUtc(selection: RevertSelection): RevertSelection {
  return selection.kind === 'import' ? selection : { ...selection, to: new Date(selection.to).toISOString() };
}

/** The company that all of these streams are of. */
function companyOf(
  streams: readonly string[],
  rules: readonly { readonly category: string }[],
): string | Rejection {
  const parsed = streams.map((stream) => ({ stream, ...parseStream(stream) }));
  const known = rules.map(({ category }) => category);
  const strange = parsed.filter(({ category, parts }) => !known.includes(category) || !parts[0]);
  if (strange.length > 0)
    return reject(
      'revert.stream-not-possible',
      `Not streams that can be put back here: ${strange.map(({ stream }) => stream).join(', ')}. Possible are those that begin with ${known.map((category) => `${category}/<company>`).join(', ')}.`,
    );
  const [company = '', ...others] = new Set(parsed.map(({ parts }) => parts[0] ?? ''));
  if (others.length === 0) return company;
  return reject('revert.stream-not-possible', 'The streams are of several companies: revert one at a time.');
}

function notPossible(): Rejection {
  return reject('revert.not-possible', 'This service has nothing that can be put back.');
}
