/**
 * Waits for statements that were sent one behind the other, all of them, and then throws what the first that failed threw: a
 * connection must not be used for something else while answers are on their way.
 */
export async function inTurn<T extends readonly unknown[]>(
  ...sent: { readonly [Key in keyof T]: Promise<T[Key]> }
): Promise<T> {
  await Promise.allSettled(sent);
  return await Promise.all(sent);
}
