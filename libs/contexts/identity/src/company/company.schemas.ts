import { product, RECORD_LIMITS as LIMITS } from '@samspill/contracts';
import { z } from 'zod';

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
const MAX_QUERY_LENGTH = 200;
const MAX_CURSOR_LENGTH = 1000;

const example = <Schema extends z.ZodType>(schema: Schema, value: unknown): Schema =>
  schema.meta({ ...schema.meta(), example: value });

const name = example(z.string().max(LIMITS.nameMaxLength), 'Fjord Handel AS');
const organisationNumber = example(
  z
    .string()
    .max(LIMITS.organisationNumberMaxLength)
    .describe('Checked by the rules of NO, SE, FI and DK; unique in its country'),
  '923609016',
);
const country = example(
  z.string().describe('ISO 3166-1 alpha-2, or the name in English or a Nordic language'),
  'NO',
);
const lines = example(z.array(z.string().max(LIMITS.addressLineMaxLength)).max(LIMITS.addressLinesMax), [
  'Storgata 1',
]);
const postcode = example(z.string().describe('4 digits in NO and DK, 5 in SE and FI'), '5003');
const town = example(z.string().max(LIMITS.townMaxLength), 'Bergen');
const address = z.strictObject({ lines: lines.optional(), postcode, town: town.optional(), country });
const id = example(z.uuid().describe('«Firma ID»'), '0193b5c0-7a10-7000-8000-00000000cafe');

/**
 * A form for the documentation. The form's own reader checks what comes in (`company-form.ts`): its refusals name every fault of
 * every field at once, those of the business among them, where a schema stops at the form.
 */
function documented(formName: string, form: z.ZodType): z.ZodUnknown {
  return z.unknown().meta({ id: formName, ...z.toJSONSchema(form, { target: 'openapi-3.0', io: 'input' }) });
}

export const registrationForm = documented(
  'CompanyRegistration',
  z.strictObject({
    id: id
      .optional()
      .describe('Of your own, a lower-case UUID: the registration can then be sent again without harm'),
    name,
    organisationNumber,
    country,
    address,
  }),
);

export const changeForm = documented(
  'CompanyChange',
  z.strictObject({
    name,
    address,
    organisationNumber: organisationNumber.optional().describe('May be sent, but not changed'),
    country: country.optional().describe('May be sent, but not changed'),
  }),
);

export const company = z
  .object({
    id,
    name,
    organisationNumber,
    country,
    address: z.object({ lines, postcode, town: town.optional(), country }),
    synchronisation: z.object({ contacts: z.boolean() }).describe('By product, whether it is on'),
    registeredAt: z.iso.datetime(),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: 'Company' });

export const companyPage = z
  .object({
    companies: z.array(company),
    next: z.string().optional().describe('`cursor` of the next page; absent on the last one'),
  })
  .meta({ id: 'CompanyPage' });

const position = z.tuple([z.string(), z.string()]);

/** Where a page ended, as callers carry it about. */
const cursor = z
  .string()
  .max(MAX_CURSOR_LENGTH)
  .transform((text, check) => {
    const parsed = position.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
    if (parsed.success) return { sortName: parsed.data[0], company: parsed.data[1] };
    check.addIssue({
      code: 'custom',
      message: 'This is no cursor: take it from `next` of a page.',
      params: { code: 'cursor.invalid' },
    });
    return z.NEVER;
  });

export function writeCursor({
  sortName,
  company: last,
}: {
  readonly sortName: string;
  readonly company: string;
}): string {
  return Buffer.from(JSON.stringify([sortName, last])).toString('base64url');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const listQuery = z.strictObject({
  q: z
    .string()
    .max(MAX_QUERY_LENGTH)
    .default('')
    .describe('The beginning of a name or of an organisation number; empty for all'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: cursor.optional().describe('`next` of the page before'),
});

export const switchForm = z.strictObject({ enabled: z.boolean() }).meta({ id: 'SynchronisationSwitch' });

export const productName = product.describe('What is synchronised');
