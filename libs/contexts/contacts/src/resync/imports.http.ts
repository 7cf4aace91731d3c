import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiTags,
} from '@nestjs/swagger';
import { CONTACT_KINDS } from '@samspill/contracts';
import { isRejection, reject, type Rejection } from '@samspill/kernel';
import {
  accepted,
  commandContext,
  companyRole,
  HttpProblem,
  Permissions,
  RejectionError,
  TakesCsv,
} from '@samspill/platform';
import { z } from 'zod';
import { CompanyAccess } from '../company/company-access.js';
import { csvMapping, type CsvMapping } from '../csv/mapping.js';
import { CsvImport } from './csv-import.js';
import { importPage, importSchema, type ImportView } from './import-view.js';
import { Resyncs } from './resyncs.js';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;
const FILE_NAME_MAX_LENGTH = 200;
/** Has to fit into a URL. */
const MAPPING_MAX_LENGTH = 8_000;
const CONTROLS = /[\0-\x1f\x7f]/;

const importId = z.uuid().toLowerCase();
const removals = z.coerce.number().int().min(0);

const mapping = z
  .string()
  .max(MAPPING_MAX_LENGTH)
  .transform((text, context): CsvMapping => {
    const parsed = csvMapping.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    const message = `A mapping is JSON such as {"columns":{"Kontonr":"number","Tekst":"ignore"}}. ${z.prettifyError(parsed.error)}`;
    context.addIssue({ code: 'custom', message, params: { code: 'csv.mapping' } });
    return z.NEVER;
  });

const importQuery = z
  .strictObject({
    kind: z.enum(CONTACT_KINDS).optional().describe('What the rows are; by default the headings say it'),
    mapping: mapping
      .optional()
      .describe(
        'JSON, URL-encoded: {"columns": {heading: field}} for headings that are not known by themselves; field `ignore` leaves one out',
      ),
    fileName: z
      .string()
      .max(FILE_NAME_MAX_LENGTH)
      .refine((name) => !CONTROLS.test(name))
      .optional(),
    amends: importId
      .optional()
      .describe('The import whose rejected rows come again, mended: adds and changes only, removes nothing'),
    confirm: z
      .stringbool()
      .default(false)
      .describe('Run it at once; refused where more would be removed than is usual'),
    removals: removals
      .optional()
      .describe('With `confirm`: how many records may be removed; has to be exactly right'),
  })
  .refine((query) => query.removals === undefined || query.confirm, {
    path: ['removals'],
    message: 'It goes with confirm=true.',
  });
const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  cursor: importId.optional().describe('`next` of the page before'),
});
const confirmation = z.strictObject({
  removals: z
    .int()
    .min(0)
    .optional()
    .describe('How many records are removed; needed where the import is held, and has to be exactly right'),
});

const IMPORT = `A CSV file of customers, suppliers or contact persons (separated by ; or , or tabs; UTF-8 or Windows-1252; headings in
Norwegian, Swedish, Danish or English) is taken for all that the company has of what it holds: records that are new or differ are taken
over, and records that it lacks are removed. Nothing is done before it is confirmed. Bad rows are reported by line and column; the good
ones are imported. One import of a company is open at a time.`;

/** What the controller needs of Fastify's reply. */
interface Reply {
  header(name: string, value: string): unknown;
}

@ApiTags('contacts: imports')
@Permissions(companyRole('contacts', 'admin'))
@Controller('api/contacts/v1/companies/:company/imports')
export class ImportsController {
  constructor(
    @Inject(CsvImport) private readonly csvImport: CsvImport,
    @Inject(Resyncs) private readonly resyncs: Resyncs,
    @Inject(CompanyAccess) private readonly access: CompanyAccess,
  ) {}

  @Post()
  @TakesCsv()
  @ApiOperation({
    summary: 'Import a CSV file: receive it and preview what it would do',
    description: IMPORT,
  })
  @ApiCreatedResponse({ standardSchema: importSchema })
  async create(
    @Param('company') company: string,
    @Query({ schema: importQuery }) query: z.output<typeof importQuery>,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<ImportView> {
    const companyId = accepted(await this.access.registered(company));
    if (!(body instanceof Readable))
      throw new HttpProblem(
        415,
        'import.csv-expected',
        'Send the file as the body, with Content-Type: text/csv.',
      );
    const id = accepted(await this.csvImport.receive(companyId, query, body, commandContext()));
    const found = accepted(await this.resyncs.find(companyId, id, commandContext()));
    reply.header('location', found.links.self);
    if (!query.confirm) return found;
    const outcome = await this.resyncs.confirm(companyId, id, query.removals, commandContext());
    if (isRejection(outcome)) throw new RejectionError(notRunYet(outcome, found));
    return outcome;
  }

  @Get()
  @ApiOperation({ summary: 'Imports of a company, newest first' })
  @ApiOkResponse({ standardSchema: importPage })
  async list(
    @Param('company') company: string,
    @Query({ schema: listQuery }) { limit, cursor }: z.output<typeof listQuery>,
  ): Promise<z.infer<typeof importPage>> {
    const companyId = accepted(await this.access.registered(company));
    const imports = [...(await this.resyncs.list(companyId, limit, cursor))];
    const last = imports.length === limit ? imports.at(-1) : undefined;
    return { imports, ...(last ? { next: last.id } : {}) };
  }

  @Get(':import')
  @ApiOperation({ summary: 'How an import stands: preview, progress with rate and time of arrival, outcome' })
  @ApiOkResponse({ standardSchema: importSchema })
  async show(@Param('company') company: string, @Param('import') id: string): Promise<ImportView> {
    const companyId = accepted(await this.access.registered(company));
    return accepted(await this.resyncs.find(companyId, importIdOf(id), commandContext()));
  }

  @Post(':import/confirm')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let an import run',
    description:
      'Where more would be removed than is usual, `removals` has to say how many records that is. Again is harmless.',
  })
  @ApiBody({
    schema: { type: 'object', properties: { removals: { type: 'integer', minimum: 0 } } },
    required: false,
  })
  @ApiOkResponse({ standardSchema: importSchema })
  async confirm(
    @Param('company') company: string,
    @Param('import') id: string,
    @Body() body: unknown,
  ): Promise<ImportView> {
    const companyId = accepted(await this.access.registered(company));
    const said = confirmationOf(body);
    return accepted(await this.resyncs.confirm(companyId, importIdOf(id), said.removals, commandContext()));
  }

  @Delete(':import')
  @ApiOperation({ summary: 'Cancel an import before it runs' })
  @ApiOkResponse({ standardSchema: importSchema })
  async cancel(@Param('company') company: string, @Param('import') id: string): Promise<ImportView> {
    const companyId = accepted(await this.access.registered(company));
    return accepted(await this.resyncs.cancel(companyId, importIdOf(id), commandContext()));
  }

  @Get(':import/rejected.csv')
  @ApiProduces('text/csv')
  @ApiOperation({
    summary: 'The rejected rows of an import, with what is wrong in a last column',
    description: 'Mend them and send the file again with `amends=` the id of this import.',
  })
  @ApiOkResponse({ schema: { type: 'string' } })
  async rejected(@Param('company') company: string, @Param('import') id: string): Promise<StreamableFile> {
    const companyId = accepted(await this.access.registered(company));
    const rows = accepted(await this.resyncs.rejectedRows(companyId, importIdOf(id), commandContext()));
    return new StreamableFile(Readable.from(rows, { objectMode: false }), {
      type: 'text/csv; charset=utf-8',
      disposition: `attachment; filename="rejected-${importIdOf(id)}.csv"`,
    });
  }
}

function importIdOf(text: string): string {
  const parsed = importId.safeParse(text);
  return accepted(parsed.success ? parsed.data : reject('import.not-found', `There is no import ${text}.`));
}

/** The body may be left out where nothing has to be said. */
function confirmationOf(body: unknown): z.infer<typeof confirmation> {
  const parsed = confirmation.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  throw new HttpProblem(400, 'request.invalid', 'The body may say {"removals": 12}, and nothing else.');
}

/** The import is there, and waits: a script that asked for it to run has to see that it did not. */
function notRunYet(refusal: Rejection, { links }: ImportView): Rejection {
  const where = `The file was received and does nothing yet: look at ${links.self}, then confirm it with POST ${links.self}/confirm.`;
  return reject(refusal.code, `${refusal.detail} ${where}`, refusal.faults);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
