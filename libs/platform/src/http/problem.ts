import { STATUS_CODES } from 'node:http';

import { HttpException } from '@nestjs/common';
import { ConcurrencyError, ReservationTakenError } from '@samspill/eventlog';
import { PlatformError, type Fault } from '@samspill/kernel';

import { isDatabaseUnavailable } from '../database/availability.js';
import { errorCode, isError } from '../is-error.js';
import { HttpProblem } from './http-problem.js';
import { RejectionError } from './rejection-error.js';

export const PROBLEM_JSON = 'application/problem+json; charset=utf-8';

/** RFC 9457. The same shape for every failure of every route. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** A sentence for a person: what is wrong and, where it helps, what to do. */
  readonly detail: string;
  /** Path of the request. Without its query, which may hold what was searched for. */
  readonly instance: string;
  /** Stable; for programs. */
  readonly code: string;
  /** Every fault by field; empty where it is not about fields. */
  readonly faults: readonly Fault[];
  readonly correlationId: string;
}

/** How a failure is answered. */
export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly faults: readonly Fault[];
  readonly retryAfterSeconds?: number;
}

/** Long enough for a gate to open again or a database to come back, short enough that a person waits for it. */
const RETRY_AFTER_SECONDS = 5;
const RETRY_CONFLICT_AFTER_SECONDS = 1;

/**
 * The status of a refusal follows from the last word of its code, so that contexts choose it where they name the refusal:
 * `…not-found` 404, `…taken`, `…exists` and `…conflict` 409, everything else 422.
 */
const REJECTION_STATUSES: readonly (readonly [lastWord: RegExp, status: number])[] = [
  [/[.-]not-found$/, 404],
  [/[.-](?:taken|exists|conflict)$/, 409],
];
const REJECTION_STATUS = 422;

/** What Fastify refuses by itself: https://fastify.dev/docs/latest/Reference/Errors/ */
const FASTIFY_ANSWERS: Readonly<Record<string, Omit<Answer, 'faults'>>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'request.too-large',
    detail: 'The body is larger than this operation takes.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    status: 400,
    code: 'request.malformed-json',
    detail: 'The body is not valid JSON.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    status: 400,
    code: 'request.body-missing',
    detail: 'The content type says JSON, but there is no body.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: 'request.incomplete-body',
    detail: 'The body is not as long as its Content-Length says.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'request.unsupported-media-type',
    detail: 'This operation does not take a body of this Content-Type.',
  },
  FST_ERR_BAD_URL: { status: 400, code: 'request.malformed-url', detail: 'The URL is not well-formed.' },
};

/** Failures of the event log that the caller can do something about, and whose message is for the caller to read. */
const CALLERS_AFFAIR: Readonly<Record<string, number>> = {
  'eventlog.event-too-large': 413,
  'operation.company-not-possible': 422,
  'eventlog.topic-missing': 409,
  'eventlog.table-missing': 409,
  'eventlog.unknown-projection': 404,
};

/** Why a caller has to wait, where it is not just that something is away. */
const WAITS_FOR: Readonly<Record<string, string>> = {
  'eventlog.store-unverified':
    'The service takes in what the log has before it lets anybody write: it has just started, or its database was lost or put back from a backup. Nothing was changed; send it again in a while.',
};

const UNEXPECTED: Answer = {
  status: 500,
  code: 'platform.unexpected',
  detail: 'Something went wrong in the service. The operators find it in the log under the correlation id.',
  faults: [],
};

/** How a failure is answered. What is not known is answered without any of its inner details. */
export function answerTo(error: unknown): Answer {
  if (error instanceof HttpProblem) return error;
  if (error instanceof RejectionError)
    return { ...error.rejection, status: rejectionStatus(error.rejection.code) };
  if (error instanceof PlatformError) return answerToPlatformError(error);
  if (error instanceof HttpException) return answerToHttp(error, error.getStatus(), error.cause);
  if (isFastifyError(error)) return answerToHttp(error, error.statusCode, error);
  if (isDatabaseUnavailable(error)) return unavailable('platform.database-unavailable');
  return UNEXPECTED;
}

export function problemOf(answer: Answer, instance: string, correlationId: string): Problem {
  return {
    type: `urn:samspill:problem:${answer.code}`,
    title: STATUS_CODES[answer.status] ?? 'Error',
    status: answer.status,
    detail: answer.detail,
    instance,
    code: answer.code,
    faults: answer.faults,
    correlationId,
  };
}

export function rejectionStatus(code: string): number {
  return REJECTION_STATUSES.find(([lastWord]) => lastWord.test(code))?.[1] ?? REJECTION_STATUS;
}

function answerToPlatformError(error: PlatformError): Answer {
  const { code } = error;
  if (error instanceof ConcurrencyError) {
    const detail =
      'Others changed the same thing at the same time, again and again. Nothing was changed; send it again.';
    return { status: 409, code, detail, faults: [], retryAfterSeconds: RETRY_CONFLICT_AFTER_SECONDS };
  }
  if (error instanceof ReservationTakenError)
    return { status: 409, code, detail: `${error.message}.`, faults: [] };
  const status = CALLERS_AFFAIR[code];
  if (status !== undefined) return { status, code, detail: error.message, faults: [] };
  return error.retryable ? unavailable(code) : { ...UNEXPECTED, code };
}

function unavailable(code: string): Answer {
  const detail =
    WAITS_FOR[code] ?? 'Something that the service needs is not there right now. Try again in a while.';
  return { status: 503, code, detail, faults: [], retryAfterSeconds: RETRY_AFTER_SECONDS };
}

/** Nest wraps what Fastify throws inside a route, and throws exceptions of its own from router and guards. */
function answerToHttp(error: Error, status: number, cause: unknown): Answer {
  const fastify = FASTIFY_ANSWERS[errorCode(cause)];
  if (fastify) return { ...fastify, faults: [] };
  if (status >= 500) return UNEXPECTED;
  if (status === 404)
    return { status, code: 'request.not-found', detail: 'There is nothing at this path.', faults: [] };
  const name = (STATUS_CODES[status] ?? 'refused').toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return { status, code: `request.${name}`, detail: error.message, faults: [] };
}

/** What Fastify refuses before there is a route: https://fastify.dev/docs/latest/Reference/Server/#frameworkerrors */
function isFastifyError(error: unknown): error is Error & { readonly statusCode: number } {
  return (
    isError(error) &&
    error.name === 'FastifyError' &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
  );
}
