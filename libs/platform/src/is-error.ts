/**
 * Whether a value is an error, whoever made it: Fastify's are made by a constructor function, which `Error.isError` does
 * not see; those of Node's core belong to another realm where code runs in a VM context, as under Jest, which `instanceof` does
 * not see.
 */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Error.isError(value);
}

/** The `code` of an error: `ECONNREFUSED`, an SQLSTATE, Fastify's or our own. Empty where there is none. */
export function errorCode(value: unknown): string {
  return isError(value) && 'code' in value && typeof value.code === 'string' ? value.code : '';
}
