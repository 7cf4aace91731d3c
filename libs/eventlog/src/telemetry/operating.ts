import { context, trace, TraceFlags, type Attributes, type Context, type Span } from '@opentelemetry/api';
import type { Operation, OperationPart, PartPhase } from '../operations/operation.js';
import { under } from './origins.js';
import { inSpan, tracer } from './spans.js';
import { withoutStatementSpans } from './statements.js';

/** Phases in which nothing is done. */
const AT_REST: readonly PartPhase[] = ['waiting', 'ready', 'done', 'undone'];

/**
 * An instance's run of an operation. The trace has the operation's id, without its hyphens: whoever goes on with it after a kill goes on
 * with that trace, and it can be looked up by what the command line says.
 */
export async function inOperation<T>({ id, task }: Operation, work: () => Promise<T>): Promise<T> {
  const traceId = id.replaceAll('-', '');
  const parent = under({
    traceId,
    spanId: traceId.slice(16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
  const attributes: Attributes = {
    'samspill.operation.id': id,
    'samspill.operation.kind': task.kind,
    'samspill.operation.scope': task.scope.kind,
  };
  return await inSpan(task.kind, { parent, attributes }, () => withoutStatementSpans(work));
}

/** Reading and folding, or loading, what is finished or not begun: some partitions. Never a span for an event. */
export async function inUnit<T>(
  step: 'fold' | 'load',
  places: readonly { readonly topic: string; readonly partition: number }[],
  events: number,
  work: () => Promise<T>,
): Promise<T> {
  const attributes = {
    'samspill.partitions': places.map(({ topic, partition }) => `${topic}/${partition}`),
    'samspill.events': events,
  };
  return await inSpan(`${step} partitions`, { attributes }, work);
}

/** The phases of an operation's parts as spans, one after the other. */
export class PhaseSpans {
  #current: { readonly phase: PartPhase; readonly projection: string; readonly span: Span } | undefined;
  #context: Context | undefined;

  enter({ projection, phase }: Pick<OperationPart, 'projection' | 'phase'>): void {
    if (this.#current?.phase === phase && this.#current.projection === projection) return;
    this.end();
    if (AT_REST.includes(phase)) return;
    const attributes = { 'samspill.projection': projection, 'samspill.phase': phase };
    const span = tracer().startSpan(`${phase} ${projection}`, { attributes });
    this.#current = { phase, projection, span };
    this.#context = trace.setSpan(context.active(), span);
  }

  /** Runs work whose spans belong to the phase that has been entered. */
  within<T>(work: () => T): T {
    return context.with(this.#context ?? context.active(), work);
  }

  end(): void {
    this.#current?.span.end();
    this.#current = undefined;
    this.#context = undefined;
  }
}
