import type { Command } from 'commander';
import { personFindings, personLifted, type PersonLifted } from '@samspill/platform/answers';
import { EXIT } from '../exit-codes.js';
import { deliver, gather, type FindReport, type LiftReport } from '../person-report.js';
import { findLines, liftLines } from '../render/person-lines.js';
import { command, commandGroup, type CommandContext, type CommandSpecification } from './command.js';
import { erasing } from './person-erase.js';
import { byKind } from './person-kinds.js';
import {
  CLUE_OPTIONS,
  cluesFrom,
  COMPANY_OPTION,
  companyFrom,
  OUT_OPTION,
  RECORD_OPTION,
  recordsFrom,
} from './person-options.js';

export function personCommands(context: CommandContext): Command {
  return commandGroup(
    'person',
    'What is known of a person in every service, and forgetting it',
    'samspill person find --company 01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11 --email kari@example.com',
    [finding, erasing, lifting].map((specification) => command(specification, context)),
  );
}

const finding: CommandSpecification = {
  name: 'find',
  summary: 'Everything that is known of a person, from every service',
  explanation:
    'Whatever matches one of the clues is found; what is equal is marked as exact. Changes nothing. Nothing is claimed of a service that does not answer: the report names it, and the command ends with 3.',
  options: [COMPANY_OPTION, ...CLUE_OPTIONS, OUT_OPTION],
  example:
    'samspill person find --company 01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11 --email kari@example.com --out kari.json',
  run: async (cli, options) => {
    const company = companyFrom(options);
    const clues = cluesFrom(options);
    const file = options.text('out');
    options.done();
    const at = new Date().toISOString();
    const { failure, ...gathered } = await gather(
      cli,
      async (service) => (await service.ofCompany(company, 'persons/find', personFindings, clues)).value,
    );
    const report: FindReport = { kind: 'find', company, at, clues, ...gathered };
    await deliver(cli, report, findLines(report), file);
    return failure ?? EXIT.done;
  },
};

const lifting: CommandSpecification = {
  name: 'lift',
  summary: 'Let records of people who were forgotten come in again',
  explanation:
    'Nothing comes back by it, since nothing was kept: a record comes with the next change of it in the ERP, or the next import.',
  options: [
    COMPANY_OPTION,
    RECORD_OPTION,
    ['--reason <text>', 'why; required, and kept for ever: it must not say who it is'],
    OUT_OPTION,
  ],
  example:
    'samspill person lift --company 01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11 --record customer/10 --reason "a customer again, case 2026-31"',
  run: async (cli, options) => {
    const company = companyFrom(options);
    const records = recordsFrom(options);
    if (options.texts('record').length === 0) options.fault('Say whom: --record kind/number.');
    const reason = options.required('reason', 'say why; it is kept for ever');
    const file = options.text('out');
    options.done();
    const at = new Date().toISOString();
    const { failure, ...gathered } = await gather(cli, async (service): Promise<PersonLifted> => {
      const answers = await byKind(records, async (some) => {
        const body = { records: some, reason };
        return (await service.ofCompany(company, 'persons/lift', personLifted, body)).value;
      });
      return { records: answers.flatMap((answer) => answer.records) };
    });
    const report: LiftReport = { kind: 'lift', company, at, reason, ...gathered };
    await deliver(cli, report, liftLines(report, records), file);
    if (failure !== undefined) return failure;
    return report.services.some((part) => part.answered && part.answer.records.length > 0)
      ? EXIT.done
      : EXIT.refused;
  },
};
