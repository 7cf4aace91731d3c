import { createSecretKey } from 'node:crypto';
import type { PersonalParts } from '@samspill/contracts';
import { joinParts } from '@samspill/contracts';
import { KEY_BYTES, open, seal, sealedBytes } from './master-keys.js';

/**
 * The value of an event with personal data: the event's forgotten form, and before it, sealed, what a person would be forgotten by.
 *
 *   {"$personal":{"key":"<key id>","sealed":"<base64 of iv | tag | ciphertext>"},"record":{…}}
 *
 * An event that forgets a person names the keys that are gone from then on: {"$forgets":["<key id>",…],…}. Both stand first, so that
 * the id of the key is at the same place in every value, and most values need not be parsed to know it.
 */
const PERSONAL_PREFIX = '{"$personal":{"key":"';
const SEALED_PREFIX = '","sealed":"';
const PERSONAL_END = '"}';
const FORGETS_PREFIX = '{"$forgets":[';
const FORGETS_END = ']';
const MARK = '{"$';
/** 16 random bytes as base64url. */
export const KEY_ID_LENGTH = 22;
const ID_AT = PERSONAL_PREFIX.length;
const SEALED_AT = ID_AT + KEY_ID_LENGTH + SEALED_PREFIX.length;
const QUOTE = '"'.charCodeAt(0);
const KEY_ID = /^[A-Za-z0-9_-]{22}$/;

/** What the sealed part cannot be moved away from. */
export interface SealedAbout {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
}

/** Names that only this file puts first into an event's data. */
export function isReservedMember(name: string): boolean {
  return name.startsWith('$');
}

/** Key of a subject, ready to be used. */
export interface OpenKey {
  readonly id: string;
  readonly key: Buffer;
}

/** An event's data, as texts, before it is sealed. */
export interface UnsealedValue {
  readonly open: string;
  readonly personal: string;
}

export function unsealedValue({ open: openPart, personal }: PersonalParts): UnsealedValue {
  return { open: JSON.stringify(openPart), personal: JSON.stringify(personal) };
}

export function sealValue(value: UnsealedValue, { id, key }: OpenKey, about: SealedAbout): Buffer {
  const sealed = seal(Buffer.from(value.personal), createSecretKey(key), aboutText(about)).toString('base64');
  return Buffer.from(`${PERSONAL_PREFIX}${id}${SEALED_PREFIX}${sealed}${PERSONAL_END}${rest(value.open)}`);
}

/** Bytes that a value will have once it is sealed. */
export function sealedValueBytes({ open: openPart, personal }: UnsealedValue): number {
  const base64 = 4 * Math.ceil(sealedBytes(Buffer.byteLength(personal)) / 3);
  return SEALED_AT + base64 + PERSONAL_END.length + Buffer.byteLength(rest(openPart));
}

/** Id of the key that a value is sealed with; undefined where it is not sealed. */
export function keyIdOf(value: Buffer): string | undefined {
  if (!startsWith(value, PERSONAL_PREFIX)) return undefined;
  return value.toString('latin1', ID_AT, ID_AT + KEY_ID_LENGTH);
}

/** @param keys ids of the keys that are forgotten */
export function forgettingValue(json: string, keys: readonly string[]): Buffer {
  return Buffer.from(`${FORGETS_PREFIX}${keys.map((id) => `"${id}"`).join(',')}${FORGETS_END}${rest(json)}`);
}

/** Ids of the keys that a value says are forgotten. */
export function forgottenKeysOf(value: Buffer): readonly string[] {
  if (!startsWith(value, FORGETS_PREFIX)) return [];
  const end = value.indexOf(FORGETS_END, FORGETS_PREFIX.length);
  const ids = value.toString('latin1', FORGETS_PREFIX.length, end < 0 ? value.length : end);
  return ids
    .split(',')
    .map((id) => id.slice(1, -1))
    .filter((id) => KEY_ID.test(id));
}

/** The sealed part does not open: it has been changed, or moved from the event that it was of. */
export class NotSealedHereError extends Error {
  override readonly name = 'NotSealedHereError';
}

/**
 * The data of an event, parsed.
 * @param key undefined where it has been forgotten: then the event reads as its forgotten form
 * @throws NotSealedHereError; SyntaxError where it is no JSON
 */
export function openValue(value: Buffer, key: Buffer | undefined, about: SealedAbout): unknown {
  if (!startsWith(value, MARK)) return JSON.parse(value.toString());
  if (!startsWith(value, PERSONAL_PREFIX)) return withoutMark(JSON.parse(value.toString()));
  const end = value.indexOf(QUOTE, SEALED_AT);
  if (end < 0) throw new NotSealedHereError('its sealed part has no end');
  const openPart: unknown = JSON.parse(openText(value.toString('utf8', end + PERSONAL_END.length)));
  if (key === undefined) return openPart;
  const sealed = Buffer.from(value.toString('latin1', SEALED_AT, end), 'base64');
  const personal =
    key.length === KEY_BYTES ? open(sealed, createSecretKey(key), aboutText(about)) : undefined;
  if (!personal) throw new NotSealedHereError('its personal part does not open with the key that it names');
  return joinParts({ open: openPart, personal: JSON.parse(personal.toString()) });
}

function aboutText({ id, stream, version, type }: SealedAbout): string {
  return JSON.stringify([stream, version, type, id]);
}

/** What follows the first member of an object, from the text of the object without it: a comma, or the end. */
function rest(json: string): string {
  return json === '{}' ? '}' : `,${json.slice(1)}`;
}

/** The inverse of {@link rest}. */
function openText(afterFirst: string): string {
  return afterFirst.startsWith(',') ? `{${afterFirst.slice(1)}` : '{}';
}

function withoutMark(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('$forgets' in data)) return data;
  const { $forgets: _, ...others } = data;
  return others;
}

function startsWith(value: Buffer, prefix: string): boolean {
  if (value.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index += 1)
    if (value[index] !== prefix.charCodeAt(index)) return false;
  return true;
}
