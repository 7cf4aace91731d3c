import {
  personErased,
  personFindings,
  type FoundPerson,
  type PersonFindings,
  type PersonRecord,
} from '@samspill/platform/answers';
import type { Cli } from '../cli.js';
import { EXIT, Stop, type ExitCode } from '../exit-codes.js';
import { deliver, gather, type ErasedThere, type EraseReport, type Gathered } from '../person-report.js';
import { chosenLines, eraseLines } from '../render/person-lines.js';
import type { ServiceClient } from '../service-client.js';
import type { CommandSpecification } from './command.js';
import { byKind } from './person-kinds.js';
import {
  CLUE_OPTIONS,
  cluesFrom,
  COMPANY_OPTION,
  companyFrom,
  OUT_OPTION,
  type Clues,
} from './person-options.js';

export const erasing: CommandSpecification = {
  name: 'erase',
  summary: 'Forget a person in every service, for ever',
  explanation: `The records that --record names are forgotten; where none is named, those that have exactly that --email or --phone. A name alone chooses nobody, since others bear it too. What is sent of them again is refused until it is lifted.

Afterwards it is looked for again, and what is still found is named. The report names records by kind and number only. Run it again as often as needed: what is forgotten stays so. Ends with 5 where an exact match is left, and with 3 where a service has not answered, of which nothing is claimed.`,
  options: [
    COMPANY_OPTION,
    ...CLUE_OPTIONS,
    [
      '--reason <text>',
      'why, such as the number of a case; required, and kept for ever: it must not say who it is',
    ],
    ['--dry-run', 'say what would be forgotten, and do nothing'],
    ['--yes', 'do not ask'],
    OUT_OPTION,
  ],
  example:
    'samspill person erase --company 01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11 --email kari@example.com --reason "case 2026-17"',
  run: async (cli, options) => {
    const company = companyFrom(options);
    const clues = cluesFrom(options);
    const reason = options.required('reason', 'say why; it is kept for ever');
    const [isDryRun, isSure, file] = [options.isSet('dryRun'), options.isSet('yes'), options.text('out')];
    if (
      clues.records === undefined &&
      clues.email === undefined &&
      clues.phone === undefined &&
      clues.name !== undefined
    )
      options.fault('A name alone chooses nobody: find them first, and name the records with --record.');
    if (cli.isJson && !isSure && !isDryRun) options.fault('--json asks nobody: give --yes as well.');
    options.done();
    return await erase(cli, { company, clues, reason, isDryRun, isSure, file });
  },
};

interface Erasing {
  readonly company: string;
  readonly clues: Clues;
  readonly reason: string;
  readonly isDryRun: boolean;
  readonly isSure: boolean;
  readonly file: string | undefined;
}

async function erase(cli: Cli, asked: Erasing): Promise<ExitCode> {
  const at = new Date().toISOString();
  const before = await gather(cli, (service) => find(service, asked));
  const chosen = chosenIn(before, asked.clues);
  if (!asked.isDryRun && !asked.isSure && !(await agreed(cli, before, chosen))) return EXIT.done;
  const { failure, ...gathered } = await gather(cli, async (service): Promise<ErasedThere> => {
    const { records, remains, waitsFor } = await eraseIn(service, chosen.get(service.service) ?? [], asked);
    const after = asked.isDryRun ? [] : (await find(service, asked)).found;
    return {
      records,
      remains,
      ...(waitsFor !== undefined && { waitsFor }),
      stillFound: after.filter(({ state }) => state !== 'forgotten').map(keyOf),
    };
  });
  const { company, reason, isDryRun } = asked;
  const report: EraseReport = { kind: 'erase', company, at, reason, isDryRun, ...gathered };
  await deliver(cli, report, eraseLines(report), asked.file);
  if (failure !== undefined) return failure;
  const left = report.services.some(
    (part) => part.answered && part.answer.stillFound.some(({ isExact }) => isExact),
  );
  return left ? EXIT.found : EXIT.done;
}

/** Looks for all that was said; of records of kinds that the service does not have, it has none. */
async function find(service: ServiceClient, { company, clues }: Erasing): Promise<PersonFindings> {
  const ask = async (some: Clues): Promise<PersonFindings> =>
    (await service.ofCompany(company, 'persons/find', personFindings, some)).value;
  const { records = [], ...others } = clues;
  const answers = [
    ...(Object.keys(others).length > 0 ? [await ask(others)] : []),
    ...(await byKind(records, (some) => ask({ records: some }))),
  ];
  const found = new Map<string, FoundPerson>();
  for (const one of answers.flatMap((answer) => answer.found)) {
    const key = `${one.kind}/${one.reference}`;
    found.set(key, { ...one, matches: [...(found.get(key)?.matches ?? []), ...one.matches] });
  }
  return {
    keeps: answers[0]?.keeps ?? [],
    found: [...found.values()],
    isCut: answers.some(({ isCut }) => isCut),
  };
}

/** By service: the records that are named, each for every service; else those that have the very address or number. */
function chosenIn(
  { services }: Gathered<PersonFindings>,
  { records }: Clues,
): ReadonlyMap<string, readonly PersonRecord[]> {
  return new Map(
    services.flatMap((part) => {
      if (!part.answered) return [];
      const found = part.answer.found.filter(
        ({ state, matches }) =>
          state !== 'forgotten' &&
          matches.some(({ by, isExact }) => isExact && (by === 'email' || by === 'phone')),
      );
      return [[part.service, records ?? found.map(({ kind, reference }) => ({ kind, reference }))]];
    }),
  );
}

async function agreed(
  cli: Cli,
  before: Gathered<PersonFindings>,
  chosen: ReadonlyMap<string, readonly PersonRecord[]>,
): Promise<boolean> {
  const lines = chosenLines(before.services, chosen);
  if ([...chosen.values()].every((records) => records.length === 0)) return true;
  cli.terminal.say(lines.join('\n'));
  const answer = await cli.terminal.ask('Forget these, for ever?');
  if (answer === undefined) throw new Stop(EXIT.usage, 'There is nobody to ask: give --yes.');
  if (!answer) cli.terminal.say('Nobody was forgotten.');
  return answer;
}

async function eraseIn(
  service: ServiceClient,
  records: readonly PersonRecord[],
  { company, reason, isDryRun }: Erasing,
): Promise<Pick<ErasedThere, 'records' | 'remains' | 'waitsFor'>> {
  const answers = await byKind(records, async (some) => {
    const body = { records: some, reason, dryRun: isDryRun };
    return (await service.ofCompany(company, 'persons/erase', personErased, body)).value;
  });
  const waitsFor = answers.find((answer) => answer.waitsFor !== undefined)?.waitsFor;
  return {
    records: answers.flatMap((answer) => answer.records),
    remains: answers[0]?.remains ?? [],
    ...(waitsFor !== undefined && { waitsFor }),
  };
}

function keyOf({ kind, reference, matches }: FoundPerson): ErasedThere['stillFound'][number] {
  return { kind, reference, isExact: matches.some(({ by, isExact }) => isExact && by !== 'name') };
}
