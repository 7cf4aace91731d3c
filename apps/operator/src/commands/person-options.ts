import { isCompanyId } from '@samspill/kernel';
import type { PersonRecord } from '@samspill/platform/answers';
import type { OptionReader } from '../option-reader.js';

export const COMPANY_OPTION = ['--company <id>', 'whose customer, supplier or contact person it is'] as const;
export const RECORD_OPTION = [
  '--record <kind/number>',
  'a record, such as customer/10 or contact-person/10-1; may be given several times',
  'repeated',
] as const;
export const CLUE_OPTIONS = [
  ['--email <address>', 'an e-mail address of theirs'],
  ['--phone <number>', 'a phone or fax number of theirs, however it is written'],
  ['--name <name>', 'their name'],
  RECORD_OPTION,
] as const;
export const OUT_OPTION = [
  '--out <file>',
  'write the report there as JSON, for the owner’s eyes only; there may be no such file yet',
] as const;

/** Whom a command is about. */
export interface Clues {
  readonly email?: string;
  readonly phone?: string;
  readonly name?: string;
  readonly records?: readonly PersonRecord[];
}

export function companyFrom(options: OptionReader): string {
  const company = options.required('company', 'whose customer, supplier or contact person it is');
  if (company !== '' && !isCompanyId(company))
    options.fault(`--company takes a company's id, a UUID in lower case, not «${company}».`);
  return company;
}

/** Each once. */
export function recordsFrom(options: OptionReader): readonly PersonRecord[] {
  const records = new Map<string, PersonRecord>();
  for (const text of options.texts('record').map((said) => said.trim())) {
    const [, kind, reference] = /^([a-z-]+)\/(.+)$/.exec(text) ?? [];
    if (kind === undefined || reference === undefined)
      options.fault(`--record takes a kind and a number, such as customer/10, not «${text}».`);
    else records.set(text, { kind, reference });
  }
  return [...records.values()];
}

export function cluesFrom(options: OptionReader): Clues {
  const [email, phone, name] = [options.text('email'), options.text('phone'), options.text('name')];
  const records = recordsFrom(options);
  const said = options.texts('record').length > 0 || [email, phone, name].some((text) => text !== undefined);
  if (!said) options.fault('Say whom: --email, --phone, --name or --record kind/number.');
  return {
    ...(email !== undefined && { email }),
    ...(phone !== undefined && { phone }),
    ...(name !== undefined && { name }),
    ...(records.length > 0 && { records }),
  };
}
