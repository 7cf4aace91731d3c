/** SQLSTATE of a statement that came after one that has failed: it says nothing about what is wrong. */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * Waits for statements that were sent one behind the other, all of them, and then throws what is the matter: a connection must not be
 * used for something else while answers are on their way. Of several that failed the first one counts, unless it only says that there
 * was one before it, which may itself still have been waiting for its others.
 */
export async function inTurn<T extends readonly unknown[]>(
  ...sent: { readonly [Key in keyof T]: Promise<T[Key]> }
): Promise<T> {
  const failures: unknown[] = [];
  await Promise.all(sent.map((one) => one.catch((failure: unknown) => failures.push(failure))));
  if (failures.length > 0) throw failures.find((failure) => !isAfterEffect(failure)) ?? failures[0];
  return await Promise.all(sent);
}

function isAfterEffect(failure: unknown): boolean {
  return failure instanceof Error && 'code' in failure && failure.code === IN_FAILED_TRANSACTION;
}
