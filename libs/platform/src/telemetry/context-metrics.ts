import {
  metrics,
  type Attributes,
  type BatchObservableResult,
  type ObservableGauge,
} from '@opentelemetry/api';
import type { Operation } from '@samspill/eventlog';

import type { OpenContext } from '../context/open-context.js';
import { BoundedCost } from './bounded-cost.js';
import { collected } from './collected.js';
import { SCOPE } from './scope.js';

const MS_PER_SECOND = 1_000;
const PERCENT = 100;
/** States in which somebody should be at work on an operation, or waits for a person. */
const OPEN = ['waiting', 'running', 'paused', 'ready'];

export type MeasuredContext = Pick<OpenContext, 'definition' | 'database' | 'eventLog'>;

/**
 * How a context stands, looked up when metrics are collected; returns how to end that. What is in its database or on the log is told by
 * each of its processes: take the maximum over them, not the sum.
 */
export function measureContext(context: MeasuredContext): () => void {
  const ends = [
    poolMetrics(context),
    outboxMetrics(context),
    projectionMetrics(context),
    reactorMetrics(context),
    operationMetrics(context),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function gauge(name: string, unit: string, description: string): ObservableGauge {
  return metrics.getMeter(SCOPE).createObservableGauge(name, { unit, description });
}

/** Names: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/ */
function poolMetrics({ definition, database }: MeasuredContext): () => void {
  const count = gauge('db.client.connection.count', '{connection}', 'Connections of the pool, by state');
  const max = gauge('db.client.connection.max', '{connection}', 'Most connections that the pool may have');
  const pending = gauge('db.client.connection.pending_requests', '{request}', 'Who waits for a connection');
  const name = { 'db.client.connection.pool.name': definition.manifest.name };
  return collected([count, max, pending], (result) => {
    const { pool } = database;
    result.observe(count, pool.idleCount, { ...name, 'db.client.connection.state': 'idle' });
    result.observe(count, pool.totalCount - pool.idleCount, {
      ...name,
      'db.client.connection.state': 'used',
    });
    result.observe(max, pool.options.max, name);
    result.observe(pending, pool.waitingCount, name);
    return Promise.resolve();
  });
}

function outboxMetrics({ definition, eventLog }: MeasuredContext): () => void {
  const age = gauge(
    'samspill.outbox.age',
    's',
    'Age of the oldest event that is not on the log yet: what a lost database would lose',
  );
  const events = gauge(
    'samspill.outbox.events',
    '{event}',
    'Events that are not on the log yet, counted up to a bound',
  );
  const gate = gauge(
    'samspill.gate.open',
    '1',
    '1 where the store is known to match the log, so that something can be written',
  );
  const partitions = gauge(
    'samspill.relay.partitions',
    '{partition}',
    'Partitions that this process publishes',
  );
  const topic = { 'messaging.destination.name': definition.manifest.topic };
  return collected([age, events, gate, partitions], async (result) => {
    const { gate: state, relay } = eventLog.status();
    result.observe(gate, state.state === 'open' ? 1 : 0, topic);
    result.observe(partitions, relay.state === 'running' ? relay.shards.length : 0, topic);
    const { oldestMs, count } = await eventLog.backlog();
    result.observe(age, oldestMs / MS_PER_SECOND, topic);
    result.observe(events, count, topic);
  });
}

function projectionMetrics({ eventLog }: MeasuredContext): () => void {
  const lag = gauge('samspill.projection.lag', '{event}', 'Events that live rows are behind the log');
  const behind = gauge(
    'samspill.projection.partition.lag',
    '{event}',
    'The same by partition, those that are behind',
  );
  const parked = gauge('samspill.projection.parked', '{event}', 'Events that are set aside');
  const replaced = gauge(
    'samspill.projection.replaced',
    '{partition}',
    'Partitions whose log is not the one that rows were made from',
  );
  return collected([lag, behind, parked, replaced], async (result) => {
    for (const status of await eventLog.overview.projections()) {
      const projection = { 'samspill.projection': status.name };
      result.observe(lag, status.lag, projection);
      result.observe(parked, status.parked, projection);
      result.observe(replaced, status.replaced.length, projection);
      for (const { topic, partition, events } of status.lagging)
        result.observe(behind, events, {
          ...projection,
          'messaging.destination.name': topic,
          'messaging.destination.partition.id': String(partition),
        });
    }
  });
}

function reactorMetrics({ eventLog }: MeasuredContext): () => void {
  const lag = gauge('samspill.reactor.lag', '{event}', 'Events that a reactor has not taken in yet');
  const things = gauge('samspill.reactor.things', '{delivery}', 'Deliveries of a reactor, by how they stand');
  const held = gauge(
    'samspill.reactor.held',
    '1',
    '1 where a reactor delivers nothing until a person lets it go',
  );
  const waiting = gauge('samspill.reactor.waiting', '{company}', 'Companies whose deliveries wait');
  // Deliveries are counted in all of a ledger, which grows.
  const statuses = new BoundedCost(() => eventLog.reactors.statuses());
  return collected([lag, things, held, waiting], async (result) => {
    for (const status of await statuses.now()) {
      const reactor = { 'samspill.reactor': status.name };
      result.observe(lag, status.lag, reactor);
      result.observe(held, status.held ? 1 : 0, reactor);
      result.observe(waiting, status.waits.length, reactor);
      const { open, inDoubt, refused, confirmed } = status.counts;
      for (const [state, count] of Object.entries({ open, 'in-doubt': inDoubt, refused, confirmed }))
        result.observe(things, count, { ...reactor, 'samspill.state': state });
    }
  });
}

function operationMetrics({ eventLog }: MeasuredContext): () => void {
  const gauges = {
    running: gauge('samspill.operation.running', '1', '1 where an operation should be getting on'),
    idle: gauge('samspill.operation.idle', 's', 'Time since a process last worked on an operation'),
    progress: gauge('samspill.operation.progress', '1', 'How much of its events a part has read, 0 to 1'),
    read: gauge('samspill.operation.events.read', '{event}', 'Events that a part has read'),
    total: gauge('samspill.operation.events.expected', '{event}', 'Events that a part has to read'),
    rate: gauge('samspill.operation.rate', '{event}/s', 'Events that a part reads a second'),
    rows: gauge('samspill.operation.rows', '{row}', 'Rows that a part has made'),
    partitions: gauge(
      'samspill.operation.partitions.done',
      '{partition}',
      'Partitions that a part has finished',
    ),
  };
  return collected(Object.values(gauges), async (result) => {
    const { operations } = eventLog;
    const known = [...(await operations.list('rebuild')), ...(await operations.list('inspection'))];
    for (const operation of known) if (OPEN.includes(operation.state)) observe(operation, gauges, result);
  });
}

function observe(
  { id, task, state, seenAt, parts }: Operation,
  gauges: Readonly<
    Record<
      'running' | 'idle' | 'progress' | 'read' | 'total' | 'rate' | 'rows' | 'partitions',
      ObservableGauge
    >
  >,
  result: BatchObservableResult,
): void {
  const operation: Attributes = { 'samspill.operation.id': id, 'samspill.operation.kind': task.kind };
  result.observe(gauges.running, state === 'running' ? 1 : 0, operation);
  if (seenAt !== undefined)
    result.observe(gauges.idle, (Date.now() - Date.parse(seenAt)) / MS_PER_SECOND, operation);
  for (const { projection, progress } of parts) {
    const part = { ...operation, 'samspill.projection': projection };
    result.observe(gauges.progress, progress.percent / PERCENT, part);
    result.observe(gauges.read, progress.eventsRead, part);
    result.observe(gauges.total, progress.eventsTotal, part);
    result.observe(gauges.rate, progress.eventsPerSecond, part);
    result.observe(gauges.rows, progress.rows, part);
    result.observe(gauges.partitions, progress.partitionsDone, part);
  }
}
