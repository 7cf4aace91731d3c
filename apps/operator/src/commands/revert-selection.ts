import { isCompanyId, isUuid } from '@samspill/kernel';
import type { RevertAnswer } from '@samspill/platform/answers';
import type { OptionReader } from '../option-reader.js';

export type RevertSelection = RevertAnswer['selection'];

/** What is to be put back; without a service, in every one that can. */
export interface RevertTarget {
  readonly service: string | undefined;
  readonly selection: RevertSelection;
}

export const SELECTION_OPTIONS = [
  [
    '--company <id>',
    'all that a company has, in every service that can put something back (or in --service)',
  ],
  [
    '--stream <name>',
    'one thing, e.g. contacts.customer/<company>/10001; may be given several times',
    'repeated',
  ],
  ['--import <id>', 'what an import changed, to what it was just before'],
  ['--to <time>', 'the moment to go back to (RFC 3339), with --company or --stream'],
  ['--include-edited', 'with --import: also what was edited since, and with it those edits'],
  ['--service <name>', 'only in this service'],
] as const;

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Whether any of the options that select something is given. */
export function selects(options: OptionReader): boolean {
  return (
    ['company', 'import', 'to'].some((name) => options.text(name) !== undefined) ||
    options.texts('stream').length > 0
  );
}

/** What the options select; every fault goes to the reader. */
export function revertTarget(options: OptionReader, services: readonly string[]): RevertTarget {
  const service = serviceFrom(options, services);
  const [company, imported, streams] = [
    options.text('company'),
    options.text('import'),
    options.texts('stream'),
  ];
  const given = [company !== undefined, imported !== undefined, streams.length > 0].filter(Boolean).length;
  if (given !== 1)
    options.fault('Say what: --company <id>, --stream <name> or --import <id>, one kind at a time.');
  if (imported !== undefined) return { service, selection: ofImport(options, imported) };
  if (options.isSet('includeEdited')) options.fault('--include-edited goes with --import.');
  const to = timeFrom(options);
  if (streams.length > 0)
    return {
      service: service ?? ownerOf(options, streams, services),
      selection: { kind: 'streams', streams, to },
    };
  if (company !== undefined && !isCompanyId(company))
    options.fault(`--company takes a company's id, a UUID in lower case, not «${company}».`);
  return { service, selection: { kind: 'company', company: company ?? '', to } };
}

export function serviceFrom(options: OptionReader, services: readonly string[]): string | undefined {
  const service = options.text('service');
  if (service !== undefined && !services.includes(service))
    options.fault(`There is no service ${service}; there are ${services.join(', ')}.`);
  return service;
}

function ofImport(options: OptionReader, id: string): RevertSelection {
  if (!isUuid(id)) options.fault(`--import takes an import's id, a UUID in lower case, not «${id}».`);
  if (options.text('to') !== undefined)
    options.fault('--to does not go with --import, which goes back to just before it.');
  return { kind: 'import', import: id, includeEdited: options.isSet('includeEdited') };
}

function timeFrom(options: OptionReader): string {
  const to = options.required('to', 'the moment to go back to, such as 2026-03-01T12:00:00Z');
  if (to !== '' && (!RFC_3339.test(to) || Number.isNaN(Date.parse(to))))
    options.fault(`--to takes an RFC 3339 time with its offset (2026-03-01T12:00:00Z), not «${to}».`);
  return to;
}

/** Streams begin with their service's name. */
function ownerOf(
  options: OptionReader,
  streams: readonly string[],
  services: readonly string[],
): string | undefined {
  const [owner, ...others] = new Set(streams.map((stream) => stream.split('.')[0] ?? ''));
  if (others.length > 0) options.fault('The streams are of several services: revert one at a time.');
  else if (owner === undefined || !services.includes(owner))
    options.fault(
      `«${streams[0] ?? ''}» is no stream: their names begin with a service, one of ${services.join(', ')}.`,
    );
  return owner;
}
