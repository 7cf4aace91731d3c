import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Hold } from '@samspill/eventlog';
import {
  accepted,
  commandContext,
  companyAdministrator,
  companyGateway,
  companyMember,
  companyRole,
  Permissions,
  readEntities,
} from '@samspill/platform';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { CompanyAccess } from '../company/company-access.js';
import { SyncReport, type ReportCursor } from './sync-report.js';
import { SyncReportEntry } from './sync-report.entity.js';
import { SyncStatusEntry } from './sync-status.entity.js';

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
const MAX_SELECTION = 500;

const kind = z.enum(['customer', 'supplier', 'contact-person']);
const record = z.strictObject({ kind, reference: z.string().min(1).max(60) });
const selection = z.union([
  z.strictObject({ all: z.literal(true) }),
  z.strictObject({ records: z.array(record).min(1).max(MAX_SELECTION) }),
]);
const someRecords = z.strictObject({ records: z.array(record).min(1).max(MAX_SELECTION) });
const reportQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: z.string().max(500).optional().describe('`next` of the page before'),
});
const cursorSchema = z.tuple([z.iso.datetime(), z.string(), z.string()]);

const reportPage = z
  .object({
    entries: z.array(
      z.object({
        kind: z.string(),
        reference: z
          .string()
          .describe('The record’s number, or `~` and a hash where it had none that can be used'),
        number: z.string().nullable(),
        faults: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })),
        change: z.record(z.string(), z.unknown()).describe('What was sent'),
        source: z.object({ kind: z.string(), id: z.string(), line: z.int() }),
        rejectedAt: z.string(),
      }),
    ),
    next: z.string().optional(),
  })
  .meta({ id: 'SyncReportPage' });
const status = z
  .object({
    company: z.string(),
    enabled: z.boolean(),
    lastSynchronisedAt: z.string().nullable(),
    resync: z
      .object({ id: z.string(), state: z.string(), since: z.string(), heldBecause: z.string().nullable() })
      .nullable(),
    held: z
      .object({ since: z.string(), because: z.string(), revert: z.string() })
      .nullable()
      .describe(
        'Nothing is taken in, since records were put back as they were, until somebody lets it go on',
      ),
  })
  .meta({ id: 'SyncStatus' });
const retryResult = z.object({ accepted: z.int(), rejected: z.int() }).meta({ id: 'RetryResult' });

@ApiTags('contacts: synchronisation')
@Permissions(companyRole('contacts', 'admin'), companyAdministrator)
@Controller('api/contacts/v1/companies/:company')
export class SyncController {
  constructor(
    @Inject(SyncReport) private readonly report: SyncReport,
    @Inject(CompanyAccess) private readonly access: CompanyAccess,
    @Inject(DataSource) private readonly dataSource: DataSource,
  ) {}

  @Permissions(companyMember, companyGateway)
  @Get('sync-status')
  @ApiOperation({ summary: 'How the synchronisation of a company stands' })
  @ApiOkResponse({ standardSchema: status })
  async status(@Param('company') company: string): Promise<z.infer<typeof status>> {
    const id = accepted(await this.access.registered(company));
    const entry = await readEntities(this.dataSource, id, (manager) =>
      manager.getRepository(SyncStatusEntry).findOneBy({ company: id }),
    );
    return statusOf(id, entry, await this.access.hold(id));
  }

  @Get('sync-report')
  @ApiOperation({ summary: 'Records that have not been synchronised, and why («sync rapport»)' })
  @ApiOkResponse({ standardSchema: reportPage })
  async page(
    @Param('company') company: string,
    @Query({ schema: reportQuery }) query: z.infer<typeof reportQuery>,
  ): Promise<z.infer<typeof reportPage>> {
    const id = accepted(await this.access.registered(company));
    const entries = await this.report.page(id, query.limit, readCursor(query.cursor));
    const last = entries.length === query.limit ? entries.at(-1) : undefined;
    return { entries: entries.map(entryOf), ...(last ? { next: writeCursor(last) } : {}) };
  }

  @Post('sync-report/retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try one, some or all of the report again' })
  @ApiOkResponse({ standardSchema: retryResult })
  async retry(
    @Param('company') company: string,
    @Body({ schema: selection }) body: z.infer<typeof selection>,
  ): Promise<z.infer<typeof retryResult>> {
    const id = accepted(await this.access.registered(company));
    if ('all' in body) return accepted(await this.report.retryAll(id, commandContext()));
    return accepted(await this.report.retry(id, body.records, commandContext()));
  }

  @Post('sync-report/dismiss')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take records off the report without their having come in' })
  async dismiss(
    @Param('company') company: string,
    @Body({ schema: someRecords }) body: z.infer<typeof someRecords>,
  ): Promise<{ readonly dismissed: number }> {
    const id = accepted(await this.access.registered(company));
    return { dismissed: await this.report.dismiss(id, body.records, commandContext()) };
  }
}

function statusOf(
  company: string,
  entry: SyncStatusEntry | null,
  hold: Hold | undefined,
): z.infer<typeof status> {
  const times = [entry?.lastBatchAt, entry?.lastResyncAt]
    .filter((time) => time instanceof Date)
    .map((time) => time.toISOString());
  const { resync, resyncState, resyncSince, heldBecause } = entry ?? {};
  return {
    company,
    enabled: entry?.enabled ?? false,
    lastSynchronisedAt: times.toSorted().at(-1) ?? null,
    resync:
      resync && resyncState && resyncSince
        ? {
            id: resync,
            state: resyncState,
            since: resyncSince.toISOString(),
            heldBecause: heldBecause ?? null,
          }
        : null,
    held: hold ? { since: hold.since, because: hold.reason, revert: hold.revert } : null,
  };
}

function entryOf(entry: SyncReportEntry): z.infer<typeof reportPage>['entries'][number] {
  return {
    kind: entry.kind,
    reference: entry.reference,
    number: entry.number,
    faults: entry.faults,
    change: entry.change,
    source: { kind: entry.sourceKind, id: entry.sourceId, line: entry.sourceLine },
    rejectedAt: entry.rejectedAt.toISOString(),
  };
}

function writeCursor(entry: SyncReportEntry): string {
  return Buffer.from(JSON.stringify([entry.rejectedAt.toISOString(), entry.kind, entry.reference])).toString(
    'base64url',
  );
}

/** A cursor that is not one of ours begins at the top, as if there were none. */
function readCursor(text: string | undefined): ReportCursor | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (!parsed.success) return undefined;
    const [rejectedAt, recordKind, reference] = parsed.data;
    return { rejectedAt, kind: recordKind, reference };
  } catch {
    return undefined;
  }
}
