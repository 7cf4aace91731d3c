import { writeFile } from 'node:fs/promises';
import { reasonOf } from '@samspill/kernel';
import type { PersonErased, PersonFindings, PersonLifted, PersonRecord } from '@samspill/platform/answers';
import { topicsAnswer } from '@samspill/platform/answers';
import type { Cli } from './cli.js';
import { EXIT, Stop, type ExitCode } from './exit-codes.js';
import { Refused, type ServiceClient } from './service-client.js';
import { isUnknown } from './services.js';

/** A report may be about a person: only whoever asked for it may read it. */
const OWNER_ONLY = 0o600;

/** What came of asking one service. */
export type ServicePart<Answer> =
  | { readonly service: string; readonly url: string; readonly answered: true; readonly answer: Answer }
  | { readonly service: string; readonly url: string; readonly answered: false; readonly why: string };

interface Report<Answer> {
  readonly company: string;
  /** When it was asked, RFC 3339. */
  readonly at: string;
  readonly services: readonly ServicePart<Answer>[];
  /** Services that are known, but do not run behind the address that was asked. */
  readonly notThere: readonly string[];
  /** Every service that is there has answered. Nothing is claimed of those that have not. */
  readonly isComplete: boolean;
}

export type FindReport = Report<PersonFindings> & {
  readonly kind: 'find';
  /** What was asked for: personal, as is what was found. */
  readonly clues: object;
};
/** Names records by their keys, and says nothing of whom they were about. */
export type EraseReport = Report<ErasedThere> & {
  readonly kind: 'erase';
  readonly reason: string;
  readonly isDryRun: boolean;
};
export type LiftReport = Report<PersonLifted> & { readonly kind: 'lift'; readonly reason: string };

export interface ErasedThere extends Pick<PersonErased, 'records' | 'remains' | 'waitsFor'> {
  /** What the same search finds now: records that were not chosen, or that only mention the person. */
  readonly stillFound: readonly (PersonRecord & { readonly isExact: boolean })[];
}

/** What services were asked, those that did not answer included. */
export interface Gathered<Answer> extends Pick<Report<Answer>, 'services' | 'notThere' | 'isComplete'> {
  /** Of the first that did not answer. */
  readonly failure: ExitCode | undefined;
}

/** Asks every service, and leaves none out that is there: one that is too old to know the question has not answered it. */
export async function gather<Answer>(
  cli: Cli,
  question: (service: ServiceClient) => Promise<Answer>,
): Promise<Gathered<Answer>> {
  const asked = await Promise.all(cli.services.names.map((name) => askOne(cli.services.one(name), question)));
  const parts = asked.filter((one) => one !== 'not-there');
  const failures = parts.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  if (parts.length === 0) throw new Stop(EXIT.unreachable, 'No service is there to be asked.');
  return {
    services: parts.map(({ part }) => part),
    notThere: cli.services.names.filter((_, index) => asked[index] === 'not-there'),
    isComplete: failures.length === 0,
    failure: failures[0],
  };
}

interface AskedPart<Answer> {
  readonly part: ServicePart<Answer>;
  readonly failure: ExitCode | undefined;
}

async function askOne<Answer>(
  client: ServiceClient,
  question: (service: ServiceClient) => Promise<Answer>,
): Promise<AskedPart<Answer> | 'not-there'> {
  const { service, address } = client;
  const about = { service, url: address.url };
  const failed = (why: string, failure: ExitCode): AskedPart<Answer> => ({
    part: { ...about, answered: false, why },
    failure,
  });
  try {
    return { part: { ...about, answered: true, answer: await question(client) }, failure: undefined };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (!(error instanceof Refused && error.code === 'request.not-found'))
      return failed(error.message, error.exitCode);
    if (!(await isThere(client))) return 'not-there';
    return failed(`${service} is of a version that cannot be asked about people.`, EXIT.unreachable);
  }
}

async function isThere(client: ServiceClient): Promise<boolean> {
  try {
    await client.call('GET', 'topics', topicsAnswer);
    return true;
  } catch (error) {
    return !(error instanceof Stop && isUnknown(error));
  }
}

/** Prints a report, or writes it to the file that was asked for and says so. @throws Stop where there is such a file */
export async function deliver(
  cli: Cli,
  report: FindReport | EraseReport | LiftReport,
  lines: readonly string[],
  file: string | undefined,
): Promise<void> {
  const text = cli.isJson ? JSON.stringify(report, null, 2) : lines.join('\n');
  if (file === undefined) {
    cli.terminal.say(text);
    return;
  }
  try {
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`, { flag: 'wx', mode: OWNER_ONLY });
  } catch (error) {
    throw new Stop(EXIT.failed, `The report could not be written: ${reasonOf(error)}`);
  }
  cli.terminal.say(cli.isJson ? text : `Written to ${file}.`);
}
