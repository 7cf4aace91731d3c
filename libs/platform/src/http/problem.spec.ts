import { describe, expect, it } from '@jest/globals';
import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import { ConcurrencyError, ReservationTakenError } from '@samspill/eventlog';
import { PlatformError, reject } from '@samspill/kernel';

import { HttpProblem } from './http-problem.js';
import { answerTo, problemOf, rejectionStatus } from './problem.js';
import { accepted, RejectionError } from './rejection-error.js';

const fault = { pointer: '/email', code: 'email.invalid', detail: 'is not an e-mail address' };

function fastifyError(code: string, status: number): HttpException {
  return new HttpException('inner words', status, { cause: Object.assign(new Error('inner'), { code }) });
}

describe('the answer to a failure', () => {
  it('gives a refusal with every fault, and 404, 409 or 422 by the last word of its code', () => {
    expect(answerTo(new RejectionError(reject('company.invalid', 'Mend it.', [fault])))).toMatchObject({
      status: 422,
      code: 'company.invalid',
      detail: 'Mend it.',
      faults: [fault],
    });
    expect(rejectionStatus('company.not-found')).toBe(404);
    expect(rejectionStatus('company.organisation-number-taken')).toBe(409);
    expect(rejectionStatus('resync.exists')).toBe(409);
    expect(rejectionStatus('taken.seriously')).toBe(422);
  });

  it('tells the caller to try again where that may help', () => {
    expect(answerTo(new PlatformError('eventlog.gate-closed', 'inner words', true))).toMatchObject({
      status: 503,
      code: 'eventlog.gate-closed',
      retryAfterSeconds: 5,
    });
    expect(answerTo(new ConcurrencyError('inner words'))).toMatchObject({
      status: 409,
      retryAfterSeconds: 1,
    });
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
    expect(answerTo(Object.assign(new Error('query'), { driverError: refused }))).toMatchObject({
      status: 503,
    });
  });

  it('answers a name that is taken with 409', () => {
    const taken = new ReservationTakenError({ scope: 'organisation-number', name: 'NO 1', owner: 'x' });
    expect(answerTo(taken)).toMatchObject({ status: 409, code: 'eventlog.reservation-taken' });
  });

  it.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 'request.too-large'],
    ['FST_ERR_CTP_INVALID_JSON_BODY', 400, 'request.malformed-json'],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 'request.unsupported-media-type'],
  ])('names what the HTTP layer refuses: %s', (thrown, status, code) => {
    expect(answerTo(fastifyError(thrown, status))).toMatchObject({ status, code, faults: [] });
  });

  it('keeps codes and words of what was thrown on purpose', () => {
    const problem = new HttpProblem(404, 'contact.not-found', 'There is no such contact.');
    expect(answerTo(problem)).toMatchObject({ status: 404, code: 'contact.not-found' });
    expect(answerTo(new NotFoundException())).toMatchObject({ status: 404, code: 'request.not-found' });
    expect(answerTo(new BadRequestException('No.'))).toMatchObject({
      code: 'request.bad-request',
      detail: 'No.',
    });
  });

  it('tells nothing of the inside when it was not expected', () => {
    for (const error of [
      new Error('password=hunter2'),
      'password=hunter2',
      new PlatformError('x.y', 'hunter2', false),
    ]) {
      const answer = answerTo(error);
      expect(answer.status).toBe(500);
      expect(JSON.stringify(answer)).not.toContain('hunter2');
    }
  });

  it('has the shape of RFC 9457', () => {
    expect(problemOf(answerTo(new NotFoundException()), '/api/x', 'c-1')).toEqual({
      type: 'urn:samspill:problem:request.not-found',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing at this path.',
      instance: '/api/x',
      code: 'request.not-found',
      faults: [],
      correlationId: 'c-1',
    });
  });
});

describe('accepted', () => {
  it('passes an outcome on and throws a refusal', () => {
    expect(accepted([1])).toEqual([1]);
    expect(() => accepted(reject('a.b', 'No.'))).toThrow(RejectionError);
  });
});
