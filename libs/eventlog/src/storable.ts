import type { ColumnType, ColumnValue, Projection, Row } from '@samspill/kernel';

const INTEGER_MAX = 2_147_483_647;

/**
 * What keeps a row from being stored, or undefined. Checked before writing, live and in a rebuild alike, so that both park the same
 * events: Postgres has no NUL in text, and each type its range.
 */
export function unstorable(projection: Projection, row: Row): string | undefined {
  for (const [name, type] of Object.entries(projection.table.columns)) {
    const value = row[name];
    if (value === null || value === undefined) {
      if (projection.table.key.includes(name)) return `key column ${name} has no value`;
      continue;
    }
    const fault = columnFault(type, value);
    if (fault !== undefined) return `column ${name}: ${fault}`;
  }
  return undefined;
}

function columnFault(type: ColumnType, value: ColumnValue): string | undefined {
  switch (type) {
    case 'text':
    case 'uuid':
      return typeof value === 'string' ? nul(value) : 'is not text';
    case 'text[]':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? nul(value.join('')) : 'is not a list of texts';
    case 'jsonb':
      return nul(JSON.stringify(value), String.raw`\u0000`);
    case 'integer':
      return Number.isInteger(value) && Math.abs(Number(value)) <= INTEGER_MAX ? undefined : 'is not a 32-bit integer';
    case 'bigint':
      return Number.isSafeInteger(value) ? undefined : 'is not a safe integer';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is not a boolean';
    case 'timestamptz':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? undefined : 'is not a time';
  }
}

function nul(text: string, character = '\u0000'): string | undefined {
  return text.includes(character) ? 'holds a NUL character' : undefined;
}
