import {
  EMAIL_MAX_LENGTH,
  isObject,
  parseEmail,
  PERSON_NAME_MAX_LENGTH,
  RecordFields,
  userLanguage,
  type UserLanguage,
} from '@samspill/contracts';
import { reject, type Fault, type Rejection } from '@samspill/kernel';
import type { UserDetails } from './user.decider.js';

const KEYS = new Set(['firstName', 'lastName', 'email', 'language']);
/** The company's people are written to in Norwegian unless somebody says otherwise. */
export const DEFAULT_LANGUAGE: UserLanguage = 'nb';
const LANGUAGE_MAX_LENGTH = 10;

/**
 * The form of a registration in its canonical form, or every fault by field in one refusal (C13, C16): first name, last name and e-mail
 * address are mandatory.
 * @param input what was sent, whatever it is
 */
export function readUserForm(input: unknown): UserDetails | Rejection {
  if (!isObject(input))
    return invalid([{ pointer: '', code: 'object.expected', detail: 'Send the form as a JSON object.' }]);
  const fields = new RecordFields(input);
  fields.refuseOthersThan(KEYS);
  const firstName = fields.required('firstName', PERSON_NAME_MAX_LENGTH);
  const lastName = fields.required('lastName', PERSON_NAME_MAX_LENGTH);
  const faultsBefore = fields.faults.length;
  const email = fields.checked('email', EMAIL_MAX_LENGTH, parseEmail);
  if (email === undefined && fields.faults.length === faultsBefore)
    fields.refuse('email', 'email.missing', 'An e-mail address is required: it is the user name.');
  const language = readLanguage(fields);
  if (fields.faults.length > 0 || email === undefined) return invalid(fields.faults);
  return { firstName, lastName, email, language };
}

function readLanguage(fields: RecordFields): UserLanguage {
  const text = fields.optional('language', LANGUAGE_MAX_LENGTH);
  if (text === undefined) return DEFAULT_LANGUAGE;
  const language = userLanguage.safeParse(text);
  if (language.success) return language.data;
  fields.refuse('language', 'language.unknown', `Mails are written in ${userLanguage.options.join(', ')}.`);
  return DEFAULT_LANGUAGE;
}

function invalid(faults: readonly Fault[]): Rejection {
  return reject(
    'user.invalid',
    'Nothing was stored: see the faults, mend the form, and send it again.',
    faults,
  );
}
