import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventCatalogue, logEvents, PARTITIONS, reactorEvents } from '@samspill/contracts';
import { PlatformError, reasonOf, type Actor, type Rejection } from '@samspill/kernel';
import { AuditTrail } from './audit/audit-trail.js';
import { createMissingTopics, type CreatedTopics } from './create-topics.js';
import type { EventLogDependencies, EventLogStatus } from './event-log-dependencies.js';
import type { StoredEvent } from './event-store.js';
import { uuidv7 } from './ids.js';
import { ANCHOR_EVERY_MS, TopicAnchors } from './log-anchors.js';
import { verifyLog, type LogVerification } from './log-verification.js';
import type { ReceivedRecord } from './log.js';
import { PersonalData } from './keys/personal-data.js';
import { groupOf, projectionNamed, topicsOf, type LogManifest } from './manifest.js';
import { partitionOf } from './partitioner.js';
import { ensureLive, type FirstBuild } from './operations/first-build.js';
import { OperationRunner } from './operations/operation-runner.js';
import type { Fingerprint, OperationPart } from './operations/operation.js';
import { Operations } from './operations/operations.js';
import { rebuildToTheEnd } from './operations/rebuild-to-the-end.js';
import { storedEvents } from './operations/stored-events.js';
import type { TaskDependencies } from './operations/task-dependencies.js';
import { Overview } from './overview.js';
import { Discards } from './parked/discards.js';
import { ParkedEvents } from './parked/parked-events.js';
import { Projector } from './projector.js';
import { Reactors } from './reactors/reactors.js';
import { Relay } from './relay.js';
import { Republishing } from './republishing.js';
import { reservationsOf } from './reservations.js';
import { IntakeHolds } from './revert/intake-hold.js';
import { openReverts } from './revert/open-reverts.js';
import type { RevertRunner } from './revert/revert-runner.js';
import type { Reverts } from './revert/reverts.js';
import { Backoff } from './retry.js';
import { settled } from './settled.js';
import { inAppend } from './telemetry/appending.js';
import { Unit, type CommandContext } from './unit.js';
import { untilNotOvertaken } from './until-not-overtaken.js';
import { WriteGate } from './write-gate.js';

const RETRY = { firstMs: 200, maxMs: 5_000 };

/** What a context sees of the log: write with {@link transact}, read through projections, put right with {@link rebuild}. */
export class EventLog {
  readonly manifest: LogManifest;
  /** Rebuilds and inspections: what an operator asks, and how it goes. */
  readonly operations: Operations;
  /** Events that projections have set aside: tried again or discarded. */
  readonly parked: ParkedEvents;
  /** What the service has written, put back as it was. */
  readonly reverts: Reverts;
  /** Whether a company's intake is held. */
  readonly intake: IntakeHolds;
  /** Who did what to the service, why, and what came of it. */
  readonly audit: AuditTrail;
  /** How projections and topics are, for those who look after them. */
  readonly overview: Overview;
  /** The topic filled again from the event store. */
  readonly republishing: Republishing;
  /** What is done outside because of events: how it stands, held, let go, delivered again. */
  readonly reactors: Reactors;
  /** The keys of personal data, for those who look after them; undefined where none is sealed. */
  readonly keys: PersonalData | undefined;
  readonly #discards: Discards;
  readonly #runner: OperationRunner;
  readonly #revertRunner: RevertRunner | undefined;
  readonly #catalogue: EventCatalogue;
  readonly #anchors: TopicAnchors;
  #anchoring: NodeJS.Timeout | undefined;
  readonly #gate: WriteGate;
  readonly #relay: Relay;
  readonly #projector: Projector;
  readonly #partitions: number;
  #preparing: string | undefined = 'The service has not been started.';
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(private readonly dependencies: EventLogDependencies) {
    const { manifest, eventStore, projectionStore, log, logger } = dependencies;
    this.manifest = manifest;
    this.#partitions = dependencies.partitions ?? PARTITIONS;
    this.#catalogue = new EventCatalogue([
      ...manifest.events,
      ...logEvents(manifest.name),
      ...(manifest.reactors?.length ? reactorEvents(manifest.name) : []),
    ]);
    this.keys =
      dependencies.keys &&
      new PersonalData(dependencies.keys, {
        manifest,
        catalogue: this.#catalogue,
        log,
        logger,
        partitions: this.#partitions,
      });
    const keys = this.keys?.subjects;
    this.#anchors = new TopicAnchors(manifest.name);
    const names = manifest.projections.map(({ name }) => name);
    this.#discards = new Discards(eventStore, manifest.name, names);
    const projections = manifest.projections.map((projection) => this.#discards.applyTo(projection));
    this.#gate = new WriteGate(eventStore, log, manifest.topic, logger);
    this.#relay = new Relay({
      store: eventStore,
      log,
      topic: manifest.topic,
      source: manifest.source,
      partitions: this.#partitions,
      logger,
      reservations: (events) => this.#reservations(events),
      ...(keys && { forget: (events) => keys.forgetStored(manifest.topic, events) }),
    });
    this.republishing = new Republishing({
      manifest,
      eventStore,
      log,
      partitions: this.#partitions,
      reopen: () => this.#relay.reopen(),
    });
    const catalogue = this.#catalogue;
    this.#projector = new Projector(groupOf(manifest), projections, {
      store: projectionStore,
      log,
      catalogue,
      logger,
      keys,
    });
    const tasks: TaskDependencies = {
      store: projectionStore,
      log,
      catalogue,
      logger,
      keys,
      isAnyForgottenSince: async (time) =>
        (await dependencies.keys?.store.isAnyForgottenSince(time)) === true,
      gate: () => this.#gate.state,
      stored: () => storedEvents(eventStore, log, manifest.topic),
      discards: this.#discards,
      spillFolder: dependencies.spillFolder ?? join(tmpdir(), 'samspill-spill'),
      ...(dependencies.unitEvents !== undefined && { unitEvents: dependencies.unitEvents }),
    };
    this.#runner = new OperationRunner(tasks, projections);
    this.operations = new Operations(projections, tasks, this.#runner);
    this.overview = new Overview(manifest, projectionStore, log, this.#partitions, this.keys?.topic);
    this.audit = new AuditTrail({
      context: manifest.name,
      eventStore,
      notes: projectionStore.operations.notes,
      logger,
      transact: (context, work) => this.transact(context, work),
    });
    this.parked = new ParkedEvents({
      ...tasks,
      context: manifest.name,
      projections,
      transact: (context, work) => this.transact(context, work),
    });
    this.intake = new IntakeHolds(manifest.name);
    const { reverts, runner } = openReverts({
      manifest,
      catalogue,
      eventStore,
      projectionStore,
      holds: this.intake,
      transact: (context, work) => this.transact(context, work),
      audit: this.audit,
      logger,
    });
    this.reverts = reverts;
    this.#revertRunner = runner;
    this.reactors = new Reactors({
      ...tasks,
      context: manifest.name,
      reactors: manifest.reactors ?? [],
      outsides: dependencies.outsides ?? {},
      eventStore,
      self: this.#self,
      audit: this.audit,
      transact: (context, work) => this.transact(context, work),
    });
  }

  /** Starts everything in the background: a log that is not there yet keeps the service unready, not from starting. */
  start(): void {
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
    this.#anchoring = setInterval(() => {
      this.anchor().catch((error: unknown) => {
        this.dependencies.logger.warn('the ends of the topic were not written down', {
          reason: String(error),
        });
      });
    }, ANCHOR_EVERY_MS);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#anchoring);
    await this.#running;
    await this.#runner.stop();
    await this.#revertRunner?.stop();
    await this.reactors.stop();
    await this.parked.stop();
    await this.audit.stop();
    await this.#projector.stop();
    await this.#relay.stop();
    await this.#gate.stop();
    await this.keys?.stop();
    this.#preparing = 'The service is stopping.';
  }

  status(): EventLogStatus {
    const preparing = this.#preparing;
    const keysFailing = this.keys?.failure;
    return {
      ...(keysFailing !== undefined && { keysFailing }),
      topic: this.manifest.topic,
      gate: this.#gate.state,
      relay: this.#relay.state,
      projections:
        preparing === undefined ? this.#projector.state : { state: 'preparing', reason: preparing },
    };
  }

  /**
   * Runs `work`, which loads streams and says what to append, and appends it all in one transaction. When a stream has moved on
   * meanwhile, `work` runs again from the start, so it must do nothing else that cannot be repeated.
   * @throws ConcurrencyError after too many lost races; PlatformError when the store is closed or out of reach.
   */
  async transact<T>(context: CommandContext, work: (unit: Unit) => Promise<T>): Promise<T> {
    return await inAppend(this.manifest.topic, context, async (traced) =>
      untilNotOvertaken(this.#stop.signal, async () => {
        const unit = new Unit(this.dependencies.eventStore, this.#catalogue, traced, this.keys?.subjects);
        const result = await work(unit);
        await this.#append(unit);
        return result;
      }),
    );
  }

  /** The stream that holds a reserved name, as of the last commit: an e-mail address's user, say. */
  async holderOf(scope: string, name: string): Promise<string | undefined> {
    return await this.dependencies.eventStore.holder(scope, name);
  }

  /**
   * Builds a projection anew from the log, switches to it, and returns when that is done; {@link operations} is for those who do not
   * wait. An aborted signal cancels it.
   * @throws PlatformError `eventlog.rebuild-refused`, `eventlog.rebuild-not-done`
   */
  async rebuild(
    projection: string,
    reason = 'asked for by the service',
    signal?: AbortSignal,
  ): Promise<OperationPart> {
    const scope = { kind: 'projection' as const, projection };
    return await rebuildToTheEnd(this.operations, { scope, reason, by: this.#self }, signal);
  }

  /**
   * How far the live rows of a projection have come, as a text that is another one whenever they have changed: for those who keep something
   * of them in memory.
   * @throws PlatformError `eventlog.no-generation`, retryable
   */
  async progress(name: string): Promise<string> {
    const projection = projectionNamed(this.manifest, name);
    const { projectionStore } = this.dependencies;
    const live = (await projectionStore.generations(projection)).find(({ state }) => state === 'live');
    if (!live) throw new PlatformError('eventlog.no-generation', `${name} has not been built yet.`, true);
    const places = await projectionStore.checkpoints(projection, live.number);
    const offsets = places.map(({ topic, partition, nextOffset }) => `${topic}/${partition}=${nextOffset}`);
    return [live.number, ...offsets.sort()].join(' ');
  }

  /** Count and order-independent hash of the live rows of a projection. */
  async fingerprint(name: string): Promise<Fingerprint> {
    const projection = projectionNamed(this.manifest, name);
    const live = (await this.dependencies.projectionStore.generations(projection)).find(
      (generation) => generation.state === 'live',
    );
    if (!live) throw new PlatformError('eventlog.no-generation', `${name} has not been built yet.`, true);
    return await this.dependencies.projectionStore.snapshot(projection, live.number, (view) =>
      view.fingerprint(),
    );
  }

  /**
   * Resolves when projections of this service show everything that was appended for a key before the call.
   * @throws PlatformError `eventlog.not-settled` after `timeoutMs`
   */
  async settled(key: string, projections: readonly string[], timeoutMs: number): Promise<void> {
    const { eventStore, log, projectionStore } = this.dependencies;
    const places = { topic: this.manifest.topic, shard: partitionOf(key, this.#partitions) };
    const named = projections.map((name) => projectionNamed(this.manifest, name));
    await settled(places, named, { eventStore, log, projectionStore }, timeoutMs);
  }

  /** Checks that the service's topic is what was written, event for event; see {@link verifyLog}. */
  async verifyLog(options: Parameters<typeof verifyLog>[1] = {}): Promise<LogVerification> {
    const { eventStore, log } = this.dependencies;
    const dependencies = {
      log,
      topic: this.manifest.topic,
      publications: () => eventStore.publications(),
      stored: (events: readonly StoredEvent[]) => eventStore.known(events),
      anchorsIn: (record: ReceivedRecord) => this.#anchors.in(record),
      now: () => Date.now(),
    };
    return await verifyLog(dependencies, options);
  }

  /** Writes into the topic how far it goes, so that an end that is cut off shows even when the database is lost as well. */
  async anchor(): Promise<void> {
    const id = uuidv7();
    await this.transact({ actor: this.#self, correlationId: id, now: new Date() }, async (unit) => {
      await this.#anchors.anchor(unit, await this.dependencies.eventStore.publications());
    });
  }

  /** Makes the topics that this service writes and that are missing; never alters one. */
  async createTopics(): Promise<CreatedTopics | Rejection> {
    const { eventStore, log } = this.dependencies;
    return await createMissingTopics({
      manifest: this.manifest,
      log,
      eventStore,
      partitions: this.#partitions,
      keysTopic: this.keys?.topic,
    });
  }

  /** Age and number of unpublished events: what a lost database would lose. */
  async backlog(): Promise<{ readonly oldestMs: number; readonly count: number }> {
    return await this.dependencies.eventStore.backlog();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { log, projectionStore: store, logger } = this.dependencies;
    const backoff = new Backoff(RETRY);
    const first: FirstBuild = {
      projections: this.manifest.projections,
      store,
      operations: this.operations,
      by: this.#self,
      onWaiting: (reason) => {
        this.#preparing = reason;
      },
    };
    while (!signal.aborted) {
      try {
        this.#preparing = 'The topics are being checked.';
        await log.check(topicsOf(this.manifest), this.#partitions);
        await this.keys?.start();
        this.#gate.start();
        this.#relay.start();
        break;
      } catch (error) {
        this.#preparing = reasonOf(error);
        logger.warn('waiting for the log', { reason: this.#preparing });
        await backoff.wait(signal);
      }
    }
    backoff.reset();
    if (!signal.aborted) {
      this.#runner.start();
      this.#revertRunner?.start();
      this.audit.start();
    }
    while (!signal.aborted) {
      try {
        if (!(await ensureLive(first, signal))) return;
        await this.#discards.refresh();
        await this.#projector.start();
        this.parked.start();
        this.reactors.start();
        this.#preparing = undefined;
        return;
      } catch (error) {
        this.#preparing = reasonOf(error);
        logger.error('projections cannot be started yet', { reason: this.#preparing });
        await backoff.wait(signal);
      }
    }
  }

  get #self(): Actor {
    return `service:${this.manifest.source}`;
  }

  async #append(unit: Unit): Promise<void> {
    const { appends, keys } = await unit.sealed();
    const events = appends.flatMap((append) => append.events);
    const reservations = await this.#reservations(events);
    const { eventStore } = this.dependencies;
    await eventStore.append(appends, { reservations, alongside: unit.statements, ...(keys && { keys }) });
    this.#relay.wake();
    if (keys && keys.forgotten.length > 0) this.keys?.announce();
  }

  async #reservations(events: readonly StoredEvent[]): ReturnType<typeof reservationsOf> {
    return await reservationsOf(this.manifest.reservations, this.#catalogue, this.keys?.subjects, events);
  }
}
