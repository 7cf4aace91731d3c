import { describe, expect, it } from '@jest/globals';

import { contextFromHeaders, currentRequest, requestContext, runInContext } from './request-context.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the context of a request', () => {
  it('has the correlation id of the caller when it is well-formed, and a causation id of its own', () => {
    const context = contextFromHeaders({ 'x-correlation-id': 'order-17', traceparent: TRACE });
    expect(context).toMatchObject({ actor: 'user:local', correlationId: 'order-17', traceparent: TRACE });
    expect(context.causationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('takes the trace id when there is no correlation id', () => {
    expect(contextFromHeaders({ traceparent: TRACE }).correlationId).toBe('0af7651916cd43dd8448eb211c80319c');
  });

  it.each([
    [{ 'x-correlation-id': 'with space' }],
    [{ 'x-correlation-id': 'x'.repeat(65) }],
    [{ 'x-correlation-id': '' }],
    [{ traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' }],
    [{ traceparent: `${TRACE}-more` }],
  ])('makes a new correlation id where the caller sent %j', (headers) => {
    const context = contextFromHeaders(headers);
    expect(context.correlationId).toBe(context.causationId);
    expect(context.traceparent).toBeUndefined();
  });

  it('is there for everything that the handling of a request starts, and nowhere else', async () => {
    const context = contextFromHeaders({});
    await runInContext(context, async () => {
      await Promise.resolve();
      expect(requestContext()).toBe(context);
    });
    expect(currentRequest()).toBeUndefined();
    expect(() => requestContext()).toThrow(/there is none here/);
  });
});
