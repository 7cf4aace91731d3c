import { z } from 'zod';

/** Most records that one request forgets, and that one search tells of. */
export const MAX_RECORDS = 200;
const REASON_MAX_LENGTH = 500;
const CLUE_MAX_LENGTH = 254;
/** As long as the number of any record may be. */
const REFERENCE_MAX_LENGTH = 50;

/** A record as a service names it: `customer/10`. */
export const personRecord = z
  .strictObject({
    kind: z.string().min(1).max(REFERENCE_MAX_LENGTH),
    reference: z
      .string()
      .min(1)
      .max(REFERENCE_MAX_LENGTH)
      .refine((text) => !/\p{Cc}/u.test(text), 'There are control characters in this.')
      .describe('Its number, or what stands for it where it has none'),
  })
  .meta({ id: 'PersonRecord' });
export type PersonRecord = z.output<typeof personRecord>;

const clue = z.string().trim().min(1).max(CLUE_MAX_LENGTH);
const records = z.array(personRecord).min(1).max(MAX_RECORDS);

/** What is known of the person that is looked for: whatever matches one of them is found. */
export const personClues = z
  .strictObject({
    email: clue.optional(),
    phone: clue.optional(),
    name: clue.optional(),
    records: records.optional(),
  })
  .refine((clues) => Object.values(clues).some((value) => value !== undefined), {
    message: 'takes at least one of email, phone, name and records',
  });
export type PersonClues = z.output<typeof personClues>;

const reason = z
  .string()
  .trim()
  .min(1)
  .max(REASON_MAX_LENGTH)
  .describe('Why, such as the number of a case. Kept for ever, so that it must not say who the person is');
export const personEraseRequest = z.strictObject({
  records: records.describe('As they were found'),
  reason,
  dryRun: z.boolean().default(false).describe('Says what would be forgotten, and does nothing'),
});
export const personLiftRequest = z.strictObject({ records, reason });

/** Something that a service keeps. */
const kept = z.object({
  what: z.string(),
  note: z.string().describe('What is to be known about it: whether it is searched and can be forgotten'),
});

const value = z.object({
  field: z.string().describe('RFC 6901 pointer into the record'),
  value: z.string(),
  since: z.string().optional().describe('When it came in, RFC 3339; absent where that is not known'),
  from: z.string().optional().describe('Who sent it'),
});

const match = z.object({
  by: z.enum(['email', 'phone', 'name', 'record']),
  isExact: z.boolean().describe('Equal as people read it; otherwise it is only mentioned, or a part of it'),
  field: z.string(),
});

export const foundPerson = z
  .object({
    kind: z.string(),
    reference: z.string(),
    state: z
      .enum(['kept', 'deleted', 'never-taken-in', 'forgotten'])
      .describe(
        'deleted: gone from what people see, still on the log; never-taken-in: was refused, or waits to be',
      ),
    matches: z.array(match).readonly(),
    fields: z.array(value).readonly().describe('As they are now'),
    former: z
      .array(value.extend({ until: z.string().describe('RFC 3339') }))
      .readonly()
      .describe('As they once were'),
    elsewhere: z
      .array(
        z.object({
          place: z.string().describe('In a sentence: the sync report, a line of an import'),
          since: z.string().optional(),
          fields: z.array(value).readonly(),
        }),
      )
      .readonly()
      .describe('What has come in otherwise and is kept beside it'),
    related: z
      .array(personRecord.extend({ how: z.string() }))
      .readonly()
      .describe('Records of other people that belong to it; they are not forgotten with it'),
  })
  .meta({ id: 'FoundPerson' });

export const personFindings = z
  .object({
    keeps: z.array(kept).readonly().describe('What this service keeps about people'),
    found: z.array(foundPerson).readonly(),
    isCut: z.boolean().describe(`More than ${MAX_RECORDS} were found; the rest is left out`),
  })
  .meta({ id: 'PersonFindings' });

export const personErased = z
  .object({
    isDryRun: z.boolean(),
    records: z
      .array(
        personRecord.extend({
          outcome: z.enum(['forgotten', 'forgotten-before', 'would-be-forgotten']),
        }),
      )
      .readonly(),
    remains: z
      .array(z.object({ what: z.string(), why: z.string() }))
      .readonly()
      .describe('What is kept all the same'),
    waitsFor: z
      .string()
      .optional()
      .describe('Absent where rows are clear already; otherwise what they will be clear after'),
  })
  .meta({ id: 'PersonErased' });

export const personLifted = z
  .object({
    records: z.array(personRecord.extend({ outcome: z.enum(['lifted', 'not-forgotten']) })).readonly(),
  })
  .meta({ id: 'PersonLifted' });

export type FoundPerson = z.input<typeof foundPerson>;
export type PersonValue = z.input<typeof value>;
export type PersonMatch = z.input<typeof match>;
export type PersonFindings = z.input<typeof personFindings>;
export type PersonErased = z.input<typeof personErased>;
export type PersonLifted = z.input<typeof personLifted>;
export type KeptData = z.input<typeof kept>;
