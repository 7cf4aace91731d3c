/** A member of what may be a JSON object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

export function textOf(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  const found = member(value, name);
  return Array.isArray(found) ? found : [];
}

/** Members that are texts or numbers, as texts. */
export function textsOf(value: unknown, name: string): Readonly<Record<string, string>> {
  const found = member(value, name);
  if (typeof found !== 'object' || found === null) return {};
  return Object.fromEntries(Object.keys(found).map((key) => [key, textOf(found, key) ?? '']));
}
