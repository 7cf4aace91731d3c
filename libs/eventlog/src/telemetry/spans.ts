import {
  context,
  ProxyTracer,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';

/** By which spans and metrics of this library are known. */
export const SCOPE = '@samspill/eventlog';

export function tracer(): Tracer {
  return trace.getTracer(SCOPE);
}

/** Whether anything is traced in this process: what is looked up for spans alone is left alone otherwise. */
export function isTracing(): boolean {
  return !(tracer() instanceof ProxyTracer);
}

export interface SpanPlace extends SpanOptions {
  /** What it belongs to; what is under way unless given. */
  readonly parent?: Context | undefined;
}

/** Runs `work` in a span, which ends with it. Costs next to nothing where nothing is traced. */
export async function inSpan<T>(
  name: string,
  { parent = context.active(), ...options }: SpanPlace,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return await tracer().startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Says that a span has failed, and by which kind of error: its message may name people, and stays out of traces. */
export function markFailed(span: Span, error: unknown): void {
  span.setAttribute('error.type', errorType(error));
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The code of an error, where it has one, else its class. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
