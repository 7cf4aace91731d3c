/**
 * Waits for statements that were sent one behind the other, all of them, and then throws what was thrown first: a connection must not
 * be used for something else while answers are on their way, and what comes after a failure only says that there was one before.
 */
export async function inTurn<T extends readonly unknown[]>(
  ...sent: { readonly [Key in keyof T]: Promise<T[Key]> }
): Promise<T> {
  const failures: unknown[] = [];
  await Promise.all(sent.map((one) => one.catch((failure: unknown) => failures.push(failure))));
  if (failures.length > 0) throw failures[0];
  return await Promise.all(sent);
}
