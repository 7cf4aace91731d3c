import { z } from 'zod';
import { personal } from '../personal.js';

/** Longest texts of a record's fields, in UTF-16 units: well above what the ERPs' own columns hold. */
export const RECORD_LIMITS = {
  numberMaxLength: 50,
  nameMaxLength: 200,
  organisationNumberMaxLength: 30,
  addressLinesMax: 4,
  addressLineMaxLength: 200,
  postcodeMaxLength: 20,
  townMaxLength: 100,
  regionMaxLength: 100,
  /** Long enough for the remarks that people put beside a number; what it says is never a reason to refuse. */
  phoneMaxLength: 200,
  emailMaxLength: 254,
  websiteMaxLength: 500,
  titleMaxLength: 100,
  departmentMaxLength: 100,
  notesMaxLength: 4000,
} as const;

const text = (maxLength: number): z.ZodString => z.string().min(1).max(maxLength);
const optional = <Schema extends z.ZodType>(schema: Schema): z.ZodExactOptional<Schema> =>
  z.exactOptional(schema);

const country = z.string().regex(/^[A-Z]{2}$/);
const number = text(RECORD_LIMITS.numberMaxLength);

const address = z.strictObject({
  lines: z.array(text(RECORD_LIMITS.addressLineMaxLength)).max(RECORD_LIMITS.addressLinesMax).readonly(),
  postcode: optional(text(RECORD_LIMITS.postcodeMaxLength)),
  town: optional(text(RECORD_LIMITS.townMaxLength)),
  region: optional(text(RECORD_LIMITS.regionMaxLength)),
  country: optional(country),
});

/** Fields that every kind has. A customer or supplier may be a person as well, so that theirs are personal too. */
const reachable = {
  country: optional(country),
  address: optional(personal(address)),
  phone: optional(personal(text(RECORD_LIMITS.phoneMaxLength))),
  mobile: optional(personal(text(RECORD_LIMITS.phoneMaxLength))),
  fax: optional(personal(text(RECORD_LIMITS.phoneMaxLength))),
  email: optional(personal(text(RECORD_LIMITS.emailMaxLength))),
  website: optional(text(RECORD_LIMITS.websiteMaxLength)),
};
/** The name of whoever has been forgotten. */
export const FORGOTTEN_NAME = '–';
const name = personal(text(RECORD_LIMITS.nameMaxLength), FORGOTTEN_NAME);
const notes = optional(personal(text(RECORD_LIMITS.notesMaxLength)));

/** A sole proprietor's organisation number is, in Sweden, their personal identity number: hence personal. */
const organisation = {
  number,
  name,
  organisationNumber: optional(personal(text(RECORD_LIMITS.organisationNumberMaxLength))),
  ...reachable,
  notes,
};

/**
 * A customer of the company, as its ERP has it. These schemas say what a stored record looks like, for the schemas of events;
 * what is accepted from outside, with its national rules, is `parseRecord`, whose results always fit them.
 */
export const customerRecord = z.strictObject({ kind: z.literal('customer'), ...organisation });

/** A supplier of the company, as its ERP has it. */
export const supplierRecord = z.strictObject({ kind: z.literal('supplier'), ...organisation });

/** A person at a customer or supplier. */
export const contactPersonRecord = z.strictObject({
  kind: z.literal('contact-person'),
  number,
  name,
  /** The customer or supplier that the person belongs to. */
  parent: z.strictObject({ kind: z.enum(['customer', 'supplier']), number }),
  title: optional(personal(text(RECORD_LIMITS.titleMaxLength))),
  department: optional(personal(text(RECORD_LIMITS.departmentMaxLength))),
  ...reachable,
  notes,
});

export const contactRecord = z.discriminatedUnion('kind', [
  customerRecord,
  supplierRecord,
  contactPersonRecord,
]);

export type CustomerRecord = Readonly<z.infer<typeof customerRecord>>;
export type SupplierRecord = Readonly<z.infer<typeof supplierRecord>>;
export type ContactPersonRecord = Readonly<z.infer<typeof contactPersonRecord>>;
export type ContactRecord = CustomerRecord | SupplierRecord | ContactPersonRecord;
export type ContactKind = ContactRecord['kind'];
export type ContactAddress = Readonly<z.infer<typeof address>>;
export type ContactParent = Readonly<ContactPersonRecord['parent']>;

export const CONTACT_KINDS = [
  'customer',
  'supplier',
  'contact-person',
] as const satisfies readonly ContactKind[];

export function isContactKind(text: string): text is ContactKind {
  return text === 'customer' || text === 'supplier' || text === 'contact-person';
}
