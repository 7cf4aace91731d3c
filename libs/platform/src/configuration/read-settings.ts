import { PlatformError } from '@samspill/kernel';
import { z } from 'zod';

import { nearestName } from './nearest-name.js';

/** Names that start like this are ours; one that no setting has is a slip that would otherwise go unnoticed. */
const PREFIX = 'SAMSPILL_';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings by the name of their environment variable; `description`, and `secret` where it is one, are in their meta. */
export type SettingsShape = Readonly<Record<string, z.ZodType<unknown, string | undefined>>>;

export interface SettingFault {
  /** The environment variable. */
  readonly name: string;
  /** What is wrong with it, as the rest of a sentence that begins with the name. Never holds a secret. */
  readonly detail: string;
}

/** A rule over several settings; sees what was set, empty texts excepted. */
export type SettingsRule = (given: Environment) => readonly SettingFault[];

/** The configuration cannot be used; names every fault in it. */
export class ConfigurationError extends PlatformError {
  override readonly name = 'ConfigurationError';

  constructor(readonly faults: readonly SettingFault[]) {
    const lines = faults.map((fault) => `  ${fault.name} ${fault.detail}`);
    super('platform.configuration', `The configuration cannot be used:\n${lines.join('\n')}`, false);
  }
}

/**
 * The settings that an environment gives. An empty variable counts as not set.
 * @throws ConfigurationError with every fault: values that do not fit, missing ones, broken rules, unknown `SAMSPILL_*` names
 */
export function readSettings<Shape extends SettingsShape>(
  shape: Shape,
  environment: Environment,
  rules: readonly SettingsRule[] = [],
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = z.object(shape).safeParse(given);
  const faults = [
    ...(parsed.error?.issues.map((issue) => faultOfIssue(issue, shape, given)) ?? []),
    ...rules.flatMap((rule) => rule(given)),
    ...unknownNames(shape, given),
  ];
  if (faults.length > 0 || !parsed.success) throw new ConfigurationError(faults);
  return parsed.data;
}

/** What was set, for the log: secrets only as set or not. */
export function shownSettings(
  shape: SettingsShape,
  environment: Environment,
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [name, setting] of Object.entries(shape)) {
    const value = environment[name];
    if (value !== undefined && value !== '') shown[name] = isSecret(setting) ? '(set, secret)' : value;
  }
  return shown;
}

/** One fault for each of the names that is missing while another is there. */
export function allOrNone(names: readonly string[], given: Environment): readonly SettingFault[] {
  const missing = names.filter((name) => given[name] === undefined);
  if (missing.length === names.length) return [];
  const set = names.filter((name) => given[name] !== undefined).join(' and ');
  return missing.map((name) => ({ name, detail: `is not set, although ${set} is` }));
}

function faultOfIssue(issue: z.core.$ZodIssue, shape: SettingsShape, given: Environment): SettingFault {
  const name = String(issue.path[0]);
  const value = given[name];
  if (value === undefined) return { name, detail: `is not set (${shape[name]?.description ?? 'required'})` };
  const setting = shape[name];
  const shown = setting === undefined || isSecret(setting) ? '' : `, but is "${value}"`;
  return { name, detail: `${issue.message}${shown}` };
}

function unknownNames(shape: SettingsShape, given: Environment): readonly SettingFault[] {
  return Object.keys(given)
    .filter((name) => name.startsWith(PREFIX) && !(name in shape))
    .map((name) => {
      const nearest = nearestName(name, Object.keys(shape));
      return { name, detail: `is not a setting${nearest === undefined ? '' : `; did you mean ${nearest}?`}` };
    });
}

function isSecret(setting: z.ZodType): boolean {
  return setting.meta()?.['secret'] === true;
}
