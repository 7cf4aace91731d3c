import { describe, expect, it } from '@jest/globals';
import { inReadingOrder, type ReadingService } from './service-order.js';

function service(name: string, ...reads: readonly string[]): ReadingService {
  const topic = (of: string, use: 'writes' | 'reads') => ({
    topic: `samspill.${of}`,
    use,
    declaredPartitions: 12,
    faults: [],
  });
  return { service: name, topics: [topic(name, 'writes'), ...reads.map((of) => topic(of, 'reads'))] };
}

const names = (services: readonly ReadingService[]): readonly string[] =>
  services.map(({ service: name }) => name);

describe('the order in which services are brought back', () => {
  it('puts whoever writes a topic before those that read it', () => {
    const given = [service('crm', 'contacts'), service('contacts', 'identity'), service('identity')];
    expect(names(inReadingOrder(given))).toEqual(['identity', 'contacts', 'crm']);
  });

  it('leaves out nobody, also where two read each other’s', () => {
    const given = [service('a', 'b'), service('b', 'a'), service('c', 'a')];
    expect(names(inReadingOrder(given)).toSorted()).toEqual(['a', 'b', 'c']);
  });
});
