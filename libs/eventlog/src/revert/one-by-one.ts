import { PlatformError } from '@samspill/kernel';

/**
 * Does something for many at once; where that fails for good, in halves, so that what is sound is not held up by what is not.
 * @param failed what is made of one that fails alone
 * @throws what {@link work} throws where trying again may help
 */
export async function isolating<T, R>(
  many: readonly T[],
  work: (some: readonly T[]) => Promise<readonly R[]>,
  failed: (one: T, error: PlatformError) => R,
): Promise<readonly R[]> {
  const [first] = many;
  if (first === undefined) return [];
  try {
    return await work(many);
  } catch (error) {
    if (!(error instanceof PlatformError) || error.retryable) throw error;
    if (many.length === 1) return [failed(first, error)];
    const middle = Math.ceil(many.length / 2);
    return [
      ...(await isolating(many.slice(0, middle), work, failed)),
      ...(await isolating(many.slice(middle), work, failed)),
    ];
  }
}
