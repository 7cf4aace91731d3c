import { accessSync, constants } from 'node:fs';

import { readMasterKeys } from '@samspill/eventlog';
import { z } from 'zod';

/** Texts of environment variables as values. Each message goes on from the variable's name. */

/** A whole number within bounds, both inclusive; its unit is in the variable's name. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error: message, abort: true })
    .transform(Number)
    .pipe(z.number().min(min, { error: message }).max(max, { error: message }));
}

export function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, { error: `must be one of ${names.join(', ')}` });
}

export function yesOrNo() {
  return oneOf(['true', 'false']).transform((text) => text === 'true');
}

/** Comma-separated `host:port`. */
export function hostsWithPorts() {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine((hosts) => hosts.every((host) => /^(?:[^\s:,/]+|\[[0-9a-f:]+\]):\d{1,5}$/i.test(host)), {
      error: 'must be a comma-separated list of host:port',
    });
}

/** A connection string of Postgres. */
export function postgresUrl() {
  return z.string().refine((text) => /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text), {
    error: 'must be a URL like postgres://user:password@host:5432/database',
  });
}

/** Keys that wrap the keys of personal data: `id:base64`, separated by commas. */
export function masterKeys() {
  return z.string().transform((text, context) => {
    const { keys, faults } = readMasterKeys(text);
    if (keys) return keys;
    context.addIssue({ code: 'custom', message: `cannot be used: ${faults.join('; ')}` });
    return z.NEVER;
  });
}

/** Origins by name: `hubspot=http://127.0.0.1:4010`, separated by commas. */
export function originsByName() {
  return z.string().transform((text, context) => {
    const origins = new Map<string, string>();
    for (const part of text.split(',').map((one) => one.trim())) {
      const [, name = '', origin = ''] = /^([a-z]+)=(https?:\/\/[^/\s]+)$/.exec(part) ?? [];
      if (name !== '' && URL.canParse(origin)) origins.set(name, origin);
      else
        context.addIssue({
          code: 'custom',
          message: `must be name=origin, as in hubspot=http://127.0.0.1:4010, separated by commas; «${part}» is not`,
        });
    }
    return origins;
  });
}

export function text() {
  return z.string();
}

/** An address of a server that is asked over HTTP. */
export function httpUrl() {
  return z.string().refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
    error: 'must be a URL that begins with https:// or http://',
  });
}

/** Scheme, host and port, and nothing else: what browsers call an origin. */
export function webOrigin() {
  return z
    .string()
    .refine(
      (text) =>
        URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text,
      {
        error: 'must be an origin like https://samspill.example.com, without a path or a slash at the end',
      },
    );
}

export function smtpUrl() {
  return z.string().refine((text) => /^smtps?:\/\//.test(text) && URL.canParse(text), {
    error: 'must be a URL like smtp://user:password@host:587',
  });
}

/** Path of a file that this process may read, so that a forgotten mount is a fault of the configuration, not of every connection. */
export function readableFile() {
  return z.string().refine(isReadable, { error: 'must be a file that can be read' });
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
