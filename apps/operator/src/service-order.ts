import type { TopicsAnswer } from '@samspill/platform/answers';

export interface ReadingService {
  readonly service: string;
  readonly topics: TopicsAnswer['topics'];
}

/**
 * Services in the order in which they are brought back: whoever writes a topic goes before those that read it. Where two read each
 * other's, they stay as they were given.
 */
export function inReadingOrder<S extends ReadingService>(services: readonly S[]): readonly S[] {
  const left = [...services];
  const ordered: S[] = [];
  while (left.length > 0) {
    const next = left.findIndex((one) => !left.some((other) => other !== one && reads(one, other)));
    ordered.push(...left.splice(Math.max(0, next), 1));
  }
  return ordered;
}

function reads(reader: ReadingService, writer: ReadingService): boolean {
  const written = writer.topics.filter(({ use }) => use === 'writes').map(({ topic }) => topic);
  return reader.topics.some(({ use, topic }) => use === 'reads' && written.includes(topic));
}
