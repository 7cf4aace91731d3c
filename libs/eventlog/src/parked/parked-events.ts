import { isRejection, reasonOf, reject, type Projection, type Rejection } from '@samspill/kernel';
import { BackgroundLoop } from '../background-loop.js';
import type { LogRecord } from '../log.js';
import type { Logger } from '../logger.js';
import { decodedWhole } from '../received-record.js';
import type { ParkedEntry, RecordPlace } from '../projection-store.js';
import { pause } from '../retry.js';
import type { CommandContext, Unit } from '../unit.js';
import { discardStream, type Discards } from './discards.js';
import { readParkedRecords } from './parked-records.js';
import { writePlace } from './record-place.js';
import { parkedOfStreams, retryStreams, type RetryDependencies } from './retry-parked.js';

/** How often a process looks for what has been discarded through another one, and whether other rows have become live. */
const POLL_MS = 1_000;
/** Most events that one request deals with; a caller goes on with the next ones. */
export const MAX_PARKED_AT_ONCE = 500;

export interface ParkedDependencies extends RetryDependencies {
  readonly context: string;
  readonly projections: readonly Projection[];
  readonly discards: Discards;
  readonly logger: Logger;
  readonly transact: (context: CommandContext, work: (unit: Unit) => Promise<void>) => Promise<void>;
}

/** An event that a projection has set aside. */
export interface ParkedInProjection {
  readonly projection: string;
  readonly entry: ParkedEntry;
}

/** Where a list goes on. */
export interface ParkedCursor {
  readonly projection: string;
  readonly place: RecordPlace;
}

export interface ParkedPage {
  readonly parked: readonly ParkedInProjection[];
  /** Absent at the end. */
  readonly next?: ParkedCursor;
}

/** Which parked events are meant; without a projection, those of every projection. */
export type ParkedSelection =
  | { readonly projection?: string | undefined; readonly places: readonly RecordPlace[] }
  /** All, {@link MAX_PARKED_AT_ONCE} at a time, from `after` on. */
  | { readonly projection?: string | undefined; readonly after?: ParkedCursor | undefined };

export interface ParkedOutcome {
  /** Events that were asked for; what is parked of their streams was tried along with them. */
  readonly selected: number;
  readonly tried: number;
  /** Of those tried, the ones that are still parked. */
  readonly stillParked: number;
  /** Where to go on, where all were asked for and there are more. */
  readonly next?: ParkedCursor;
}

/** A parked event as its record is on the log. */
export interface ParkedRecord extends ParkedInProjection {
  readonly record: LogRecord;
}

/** What an operator does about events that projections have set aside. */
export class ParkedEvents {
  /** By projection: the live rows, and the discarded events, that have been brought together. */
  readonly #settled = new Map<string, string>();
  readonly #loop = new BackgroundLoop((signal) => this.#run(signal));

  constructor(private readonly dependencies: ParkedDependencies) {}

  /** Sees to it that what is discarded through any process, at any time, is not parked in the rows that are live. */
  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
  }

  /** Parked events of the live rows: by projection, and then by their places on the log. */
  async list(
    projection: string | undefined,
    after: ParkedCursor | undefined,
    limit: number,
  ): Promise<ParkedPage | Rejection> {
    const chosen = this.#chosen(projection);
    if (isRejection(chosen)) return chosen;
    const names = chosen.map(({ name }) => name);
    const parked: ParkedInProjection[] = [];
    for (const candidate of chosen.slice(after ? Math.max(0, names.indexOf(after.projection)) : 0)) {
      const query = {
        after: after?.projection === candidate.name ? after.place : undefined,
        limit: limit + 1 - parked.length,
      };
      for (const entry of await this.#page(candidate, query))
        parked.push({ projection: candidate.name, entry });
    }
    const page = parked.slice(0, limit);
    const last = page.at(-1);
    if (parked.length <= limit || !last) return { parked: page };
    return { parked: page, next: { projection: last.projection, place: last.entry } };
  }

  /** Parked events as they are on the log, with their data. An event may be parked by several projections. */
  async show(
    projection: string | undefined,
    place: RecordPlace,
  ): Promise<readonly ParkedRecord[] | Rejection> {
    const selected = await this.#select({ projection, places: [place] });
    if (isRejection(selected)) return selected;
    const [first] = selected.parked;
    const records = first
      ? await readParkedRecords(this.dependencies.log, [first.entry])
      : new Map<bigint, never>();
    return selected.parked.flatMap((parked) => {
      const record = records.get(parked.entry.offset);
      return record ? [{ ...parked, record: decodedWhole(record) }] : [];
    });
  }

  /**
   * Tries events again with the code of today, and with them what is parked of their streams: the order of a stream is never broken.
   * @throws PlatformError `eventlog.log-replaced`
   */
  async retry(selection: ParkedSelection): Promise<ParkedOutcome | Rejection> {
    const selected = await this.#select(selection);
    return isRejection(selected) ? selected : await this.#retry(selected);
  }

  /**
   * Writes down that events are to be taken for not there, now and in every later rebuild, and tries again what they have held back.
   * Refused while a projection that has parked any of them is being rebuilt, which would have been begun without knowing.
   * @throws PlatformError `eventlog.log-replaced`, and those of `EventLog.transact`
   */
  async discard(
    selection: ParkedSelection,
    reason: string,
    context: CommandContext,
  ): Promise<ParkedOutcome | Rejection> {
    const selected = await this.#select(selection);
    if (isRejection(selected)) return selected;
    for (const [name, group] of Map.groupBy(selected.parked, ({ projection }) => projection)) {
      const refused = await this.#unlessRebuilt(name, () =>
        this.#write(
          name,
          group.map(({ entry }) => entry),
          reason,
          context,
        ),
      );
      if (refused) return refused;
    }
    await this.dependencies.discards.refresh();
    return await this.#retry(selected);
  }

  async #write(
    projection: string,
    entries: readonly ParkedEntry[],
    reason: string,
    context: CommandContext,
  ): Promise<void> {
    const { context: name, transact, discards } = this.dependencies;
    const stream = discardStream(name, projection);
    await transact(context, async (unit) => {
      await discards.refresh();
      const version = (await unit.heads([stream])).get(stream)?.version ?? 0;
      const events = entries
        .filter(({ event }) => !discards.has(projection, event))
        .map(({ event }) => ({
          type: `${name}.parked.discarded`,
          data: {
            projection,
            stream: event.stream,
            version: event.version,
            eventId: event.id,
            type: event.type,
            reason,
          },
        }));
      unit.append({ stream, key: projection }, version, events);
    });
  }

  /** Runs `work` while no rebuild of the projection is under way, and none can begin. */
  async #unlessRebuilt(name: string, work: () => Promise<void>): Promise<Rejection | undefined> {
    const { store } = this.dependencies;
    const isFree = await store.exclusively(`rebuild ${name}`, async () => {
      const rebuild = (await store.operations.open()).find(
        ({ task, parts }) => task.kind === 'rebuild' && parts.some(({ projection }) => projection === name),
      );
      if (rebuild) return false;
      await work();
      return true;
    });
    if (isFree) return undefined;
    return reject(
      'parked.rebuild-conflict',
      `${name} is being rebuilt, without knowing what is discarded meanwhile. Discard when the rebuild has ended, or cancel it first.`,
    );
  }

  async #retry({ parked, next }: ParkedPage): Promise<ParkedOutcome> {
    let [tried, stillParked] = [0, 0];
    for (const [name, group] of Map.groupBy(parked, ({ projection }) => projection)) {
      const outcome = await this.#retryIn(
        name,
        group.map(({ entry }) => entry.event.stream),
      );
      tried += outcome.tried;
      stillParked += outcome.parked;
    }
    return { selected: parked.length, tried, stillParked, ...(next && { next }) };
  }

  async #retryIn(
    name: string,
    streams: readonly string[],
  ): Promise<{ readonly tried: number; readonly parked: number }> {
    const projection = this.dependencies.projections.find((candidate) => candidate.name === name);
    const live = projection && (await this.#liveGeneration(projection));
    if (!projection || live === undefined) return { tried: 0, parked: 0 };
    return await retryStreams(projection, live, [...new Set(streams)], this.dependencies);
  }

  async #select(selection: ParkedSelection): Promise<ParkedPage | Rejection> {
    if (!('places' in selection))
      return await this.list(selection.projection, selection.after, MAX_PARKED_AT_ONCE);
    const chosen = this.#chosen(selection.projection);
    if (isRejection(chosen)) return chosen;
    const { places } = selection;
    const parked: ParkedInProjection[] = [];
    for (const candidate of chosen) {
      for (const entry of await this.#page(candidate, { places, limit: places.length }))
        parked.push({ projection: candidate.name, entry });
    }
    const found = new Set(parked.map(({ entry }) => writePlace(entry)));
    const missing = places.map(writePlace).filter((place) => !found.has(place));
    if (missing.length === 0) return { parked };
    return reject(
      'parked.event-not-found',
      `Not parked${selection.projection === undefined ? '' : ` by ${selection.projection}`}: ${missing.join(', ')}. Nothing was done.`,
    );
  }

  async #page(
    projection: Projection,
    query: Parameters<RetryDependencies['store']['parkedPage']>[2],
  ): Promise<readonly ParkedEntry[]> {
    const live = await this.#liveGeneration(projection);
    if (live === undefined || query.limit <= 0) return [];
    return await this.dependencies.store.parkedPage(projection, live, query);
  }

  #chosen(name: string | undefined): readonly Projection[] | Rejection {
    const { projections } = this.dependencies;
    const chosen = projections.filter((candidate) => name === undefined || candidate.name === name);
    if (chosen.length > 0 || name === undefined) return chosen;
    const known = projections.map((candidate) => candidate.name).join(', ');
    return reject('parked.projection-not-found', `There is no projection ${name}; there are ${known}.`);
  }

  async #liveGeneration(projection: Projection): Promise<number | undefined> {
    const generations = await this.dependencies.store.generations(projection);
    return generations.find(({ state }) => state === 'live')?.number;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { discards, projections, logger } = this.dependencies;
    while (!signal.aborted) {
      try {
        await discards.refresh();
        for (const projection of projections) await this.#settle(projection);
      } catch (error) {
        logger.debug('discarded events could not be seen to; tried again', {
          reason: reasonOf(error),
        });
      }
      await pause(POLL_MS, signal);
    }
  }

  /** Clears what has been discarded but is parked: it was discarded elsewhere, or while other rows were live. */
  async #settle(projection: Projection): Promise<void> {
    const { store, discards } = this.dependencies;
    const discarded = discards.of(projection.name);
    if (discarded.length === 0) return;
    const live = await this.#liveGeneration(projection);
    if (live === undefined) return;
    const now = `generation ${live} with ${discarded.length} discarded`;
    if (this.#settled.get(projection.name) === now) return;
    const streams = [...new Set(discarded.map(({ stream }) => stream))];
    const parked = await parkedOfStreams(projection, live, streams, store);
    const left = parked.filter(({ event }) => discards.has(projection.name, event));
    await this.#retryIn(
      projection.name,
      left.map(({ event }) => event.stream),
    );
    this.#settled.set(projection.name, now);
  }
}
