import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { z } from 'zod';

/** A page's form holds less. */
const FIELD_MAX_LENGTH = 20_000;

const bytes = z.string().max(FIELD_MAX_LENGTH);
const credential = { id: bytes, rawId: bytes, type: z.literal('public-key') };

const registration = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
    transports: z.array(z.string().max(50)).max(10).default([]),
  }),
});
const authentication = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: z.string().max(FIELD_MAX_LENGTH).nullish(),
  }),
});

/** What a browser says of a passkey that it has made (WebAuthn Level 3, 5.1: `RegistrationResponseJSON`); undefined where it says nothing usable. */
export function readRegistration(text: string): RegistrationResponseJSON | undefined {
  const read = registration.safeParse(jsonOf(text));
  return read.success ? { ...read.data, clientExtensionResults: {} } : undefined;
}

/** What a passkey has signed (`AuthenticationResponseJSON`); undefined where it says nothing usable. */
export function readAuthentication(text: string): AuthenticationResponseJSON | undefined {
  const read = authentication.safeParse(jsonOf(text));
  if (!read.success) return undefined;
  const { userHandle, ...response } = read.data.response;
  return {
    ...read.data,
    response: { ...response, ...(typeof userHandle === 'string' && { userHandle }) },
    clientExtensionResults: {},
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
