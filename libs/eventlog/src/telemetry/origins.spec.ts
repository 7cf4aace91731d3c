import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { MAX_LINKS, originsOf } from './origins.js';

const span = (number: number): string =>
  `00-0af7651916cd43dd8448eb211c80319c-${(number + 1).toString(16).padStart(16, '0')}-01`;

describe('what a batch of events follows from', () => {
  it('is the one span that all of them come from, so that its trace goes on', () => {
    const { parent, links } = originsOf([span(1), span(1), undefined]);
    expect(trace.getSpanContext(parent)).toMatchObject({ spanId: '0000000000000002', isRemote: true });
    expect(links).toEqual([]);
  });

  it('is many spans, which are linked from a trace of its own', () => {
    const { parent, links } = originsOf([span(1), span(2), span(1)]);
    expect(parent).toBe(ROOT_CONTEXT);
    expect(links.map(({ context }) => context.spanId)).toEqual(['0000000000000002', '0000000000000003']);
  });

  it('is bounded however many there are', () => {
    expect(originsOf(Array.from({ length: 1_000 }, (_, number) => span(number))).links).toHaveLength(
      MAX_LINKS,
    );
  });

  it('is nothing where no event says, or says it badly', () => {
    expect(originsOf([undefined, undefined])).toEqual({ parent: ROOT_CONTEXT, links: [] });
    expect(originsOf(['00-zz-01'])).toEqual({ parent: ROOT_CONTEXT, links: [] });
  });
});
