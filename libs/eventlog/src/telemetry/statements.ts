import { context, createContextKey, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import pg from 'pg';
import { errorType, isTracing, tracer } from './spans.js';

/** A longer statement is told from others by how it begins. */
const MAX_TEXT_LENGTH = 1_000;
const WITHOUT_STATEMENTS = createContextKey('samspill: statements have no spans');

/** Runs work that makes so many statements that a span for each would tell nobody anything. */
export function withoutStatementSpans<T>(work: () => T): T {
  return context.with(context.active().setValue(WITHOUT_STATEMENTS, true), work);
}

/**
 * A connection whose statements are spans of what is under way, named as OpenTelemetry's conventions for databases say. They carry the
 * statement, never its parameters. A class of our own, since hooks on modules come too late for `pg` in ES modules.
 */
export class TracedClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    if (!isTracing()) return;
    this.query = new Proxy(this.query, {
      apply: (query, client: unknown, given: unknown[]): unknown =>
        this.#traced(given, (all) => Reflect.apply(query, client, all)),
    });
  }

  #traced(given: readonly unknown[], run: (given: readonly unknown[]) => unknown): unknown {
    const text = statementOf(given[0]);
    const active = context.active();
    const isWanted =
      text !== undefined &&
      trace.getSpan(active)?.isRecording() === true &&
      active.getValue(WITHOUT_STATEMENTS) !== true;
    if (!isWanted) return run(given);
    const summary = summaryOf(text);
    const span = tracer().startSpan(summary, {
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': this.database ?? '',
        'db.query.summary': summary,
        'db.query.text': text.slice(0, MAX_TEXT_LENGTH),
        'server.address': this.host,
        'server.port': this.port,
      },
    });
    const last = given.at(-1);
    if (isCallback(last)) {
      const told = (error: unknown, result: unknown): void => {
        ended(span, error ?? undefined);
        last(error, result);
      };
      return run([...given.slice(0, -1), context.bind(active, told)]);
    }
    const answer = run(given);
    if (!(answer instanceof Promise)) {
      span.end();
      return answer;
    }
    return answer.then(
      (result: unknown) => {
        ended(span);
        return result;
      },
      (error: unknown) => {
        ended(span, error);
        throw error;
      },
    );
  }
}

/** What is done to what: `SELECT eventlog.event`. */
export function summaryOf(statement: string): string {
  const [operation = 'statement'] = /[a-z]+/i.exec(statement) ?? [];
  const [, target] =
    /\b(?:from|into|update|table|view)\s+(?:only\s+)?"?([a-z_][\w.]*)/i.exec(statement) ?? [];
  const name = operation.toUpperCase();
  return target === undefined || target.toUpperCase() === 'SET' ? name : `${name} ${target}`;
}

/** The text of a statement; undefined for what streams, such as COPY, and lives longer than the call. */
function statementOf(first: unknown): string | undefined {
  if (typeof first === 'string') return first;
  if (typeof first !== 'object' || first === null || 'submit' in first) return undefined;
  return 'text' in first && typeof first.text === 'string' ? first.text : undefined;
}

function isCallback(value: unknown): value is (error: unknown, result: unknown) => void {
  return typeof value === 'function';
}

/** A message of the database may hold values, so that only its code is told. */
function ended(span: Span, error?: unknown): void {
  if (error !== undefined) {
    const code = errorType(error);
    span.setAttributes({ 'error.type': code, 'db.response.status_code': code });
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
