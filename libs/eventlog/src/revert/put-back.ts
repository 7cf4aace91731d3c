import { PlatformError } from '@samspill/kernel';
import { derivedUuid } from '../ids.js';
import type { CommandContext, Unit } from '../unit.js';
import { isolating } from './one-by-one.js';
import type { RevertDependencies } from './revert-dependencies.js';
import type { RevertRule } from './revert-rule.js';
import type { SettledItem } from './revert-store.js';
import type { Revert, RevertItem } from './revert.js';
import { inGroups, thenAndNow } from './then-and-now.js';

/** Streams of one transaction: as many as an import takes, and no more, so that others are not held up. */
export const PAGE_ITEMS = 1_000;

/**
 * Appends what leads streams back to what they were, each once: on the version that the preview saw, under ids that are derived from
 * the revert, so that what a killed instance has appended is known for done.
 */
export async function putBack(
  revert: Revert,
  items: readonly RevertItem[],
  dependencies: RevertDependencies,
): Promise<readonly SettledItem[]> {
  const settled: SettledItem[] = [];
  const context = contextOf(revert, dependencies.self);
  for (const rule of dependencies.reverting.rules) {
    const own = items.filter(({ stream }) => stream.startsWith(`${rule.category}/`));
    for (const group of inGroups(rule, own)) {
      const outcomes = await isolating(
        group,
        (some) => dependencies.transact(context, (unit) => appendFor(unit, revert, rule, some)),
        ({ stream }, { message }): SettledItem => ({ stream, outcome: 'refused', reason: message }),
      );
      settled.push(...outcomes);
    }
  }
  const known = new Set(settled.map(({ stream }) => stream));
  const strange = items.find(({ stream }) => !known.has(stream));
  if (strange)
    throw new PlatformError(
      'revert.rule-missing',
      `Nothing here puts ${strange.stream} back any more.`,
      false,
    );
  return settled;
}

/** What a revert does, is done by whoever began it. */
export function contextOf(revert: Revert, self: CommandContext['actor']): CommandContext {
  const { id, startedBy, startedAt } = revert;
  const startedMs = Date.parse(startedAt ?? revert.createdAt);
  return {
    actor: startedBy ?? self,
    correlationId: id,
    causationId: id,
    now: new Date(),
    eventId: (stream, version) => derivedUuid(startedMs, id, stream, String(version)),
  };
}

async function appendFor(
  unit: Unit,
  { company }: Revert,
  rule: RevertRule,
  items: readonly RevertItem[],
): Promise<readonly SettledItem[]> {
  const heads = await unit.heads(items.map(({ stream }) => stream));
  const own = await appendedBefore(unit, items);
  const still = items.filter(({ stream, version }) => heads.get(stream)?.version === version);
  const events = await thenAndNow(unit, rule, still);
  return items.map(({ stream, version }): SettledItem => {
    if (own.has(stream)) return { stream, outcome: 'done' };
    const { then = [], now = [] } = events.get(stream) ?? {};
    if (heads.get(stream)?.version !== version || now.length === 0) return { stream, outcome: 'moved-on' };
    const decided = rule.decide(stream, then, now);
    if ('reason' in decided) return { stream, outcome: 'refused', reason: decided.reason };
    if ('events' in decided) unit.append({ stream, key: company }, version, decided.events);
    return { stream, outcome: 'done' };
  });
}

/** Streams that an instance which died had put back, but could not say so. */
async function appendedBefore(unit: Unit, items: readonly RevertItem[]): Promise<ReadonlySet<string>> {
  const next = items.map(({ stream, version }) => ({ stream, version: version + 1 }));
  const events = await unit.eventsAt(next);
  const own = [...events.values()].filter(
    ({ meta }) => meta.id === unit.context.eventId?.(meta.stream, meta.version),
  );
  return new Set(own.map(({ meta }) => meta.stream));
}
