import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  accepted,
  commandContext,
  companyAdministrator,
  companyRole,
  Permissions,
  WhileAsked,
} from '@samspill/platform';
import type { z } from 'zod';
import { RegisteredCompanies } from '../company/registered-companies.js';
import * as answers from './link.answers.js';
import { LinkDesk } from './link-desk.js';
import { LinkOverviews } from './link-overview.js';
import { whatToDo } from './link-reasons.js';
import { Rewinds } from './rewinds.js';
import { Undelivered } from './undelivered.js';

/** People who work with the CRM see how the link is; its settings and repairs are for who looks after it (L2). */
const people = companyRole('crm', 'user');
const admins = companyRole('crm', 'admin');

@ApiTags('crm: link')
@Permissions(admins, companyAdministrator)
@Controller('api/crm/v1/companies/:company/link')
export class LinkController {
  constructor(
    @Inject(LinkDesk) private readonly desk: LinkDesk,
    @Inject(LinkOverviews) private readonly overviews: LinkOverviews,
    @Inject(Rewinds) private readonly rewinds: Rewinds,
    @Inject(Undelivered) private readonly undeliveredRecords: Undelivered,
    @Inject(RegisteredCompanies) private readonly companies: RegisteredCompanies,
  ) {}

  @Permissions(people, companyAdministrator)
  @Get()
  @ApiOperation({
    summary: 'How the link stands: stopped, running, waiting for what until when, failing and what to do',
  })
  @ApiOkResponse({ standardSchema: answers.linkAnswer })
  async get(@Param('company') company: string): Promise<answers.LinkAnswer> {
    return answers.shownLink(accepted(await this.overviews.of(company)));
  }

  @Post('start')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Start the link',
    description:
      'The CRM is looked at first. Where somebody has to do something before it can work, it is not started: the refusal says what. What has waited goes out.',
  })
  @ApiOkResponse({ standardSchema: answers.linkAnswer })
  async start(@Param('company') company: string): Promise<answers.LinkAnswer> {
    return await this.get(accepted(await this.desk.start(company, commandContext())));
  }

  @Post('stop')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Stop the link',
    description: 'What is under way is finished; everything else waits until it is started again.',
  })
  @ApiOkResponse({ standardSchema: answers.linkAnswer })
  async stop(@Param('company') company: string): Promise<answers.LinkAnswer> {
    return await this.get(accepted(await this.desk.stop(company, commandContext())));
  }

  @Post('check')
  @HttpCode(200)
  @ApiOperation({ summary: 'Look at the CRM: whether it can be worked with, and what to do if not' })
  @ApiOkResponse({ standardSchema: answers.checkAnswer })
  async check(@Param('company') company: string): Promise<z.infer<typeof answers.checkAnswer>> {
    const { code, words } = accepted(await this.desk.check(company, commandContext()));
    return { code, words, whatToDo: whatToDo(code) };
  }

  @Patch('settings')
  @ApiOperation({
    summary: 'Switch customers and orders on or off, and say what becomes of what is gone',
    description: 'Takes effect live. What is left out stays as it is.',
  })
  @ApiOkResponse({ standardSchema: answers.linkAnswer })
  async changeSettings(
    @Param('company') company: string,
    @Body({ schema: answers.settingsForm }) form: z.output<typeof answers.settingsForm>,
  ): Promise<answers.LinkAnswer> {
    const given = Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined));
    return await this.get(accepted(await this.desk.changeSettings(company, given, commandContext())));
  }

  @Permissions(admins)
  @Post('rewind/preview')
  @HttpCode(200)
  @ApiOperation({
    summary: 'What setting the watermark back would come to',
    description:
      'Nothing is sent, and nothing is written. It reads the log: one at a time for a company, and given up when nobody waits for the answer.',
  })
  @ApiOkResponse({ standardSchema: answers.rewindPreview })
  async previewRewind(
    @Param('company') company: string,
    @Body({ schema: answers.rewindQuestion }) { to }: z.output<typeof answers.rewindQuestion>,
    @WhileAsked() signal: AbortSignal,
  ): Promise<z.infer<typeof answers.rewindPreview>> {
    const overview = accepted(await this.overviews.of(company));
    const preview = accepted(await this.rewinds.preview(company, to, new Date(), signal));
    return answers.shownPreview(preview, overview);
  }

  @Permissions(admins)
  @Post('rewind')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Set the watermark back: everything that changed since then is gone over again',
    description:
      'The CRM is asked about each record, and gets what it lacks; what it has is not written, however often this is asked for. Refused while the company’s records are being gone over already.',
  })
  @ApiOkResponse({ standardSchema: answers.rewindAnswer })
  async rewind(
    @Param('company') company: string,
    @Body({ schema: answers.rewindForm }) { to, reason }: z.output<typeof answers.rewindForm>,
  ): Promise<z.infer<typeof answers.rewindAnswer>> {
    const { to: moment, said } = accepted(await this.rewinds.run(company, to, reason, commandContext()));
    return { to: moment, timeZone: said.timeZone, reason };
  }

  @Permissions(people, companyAdministrator)
  @Get('undelivered')
  @ApiOperation({ summary: 'What the CRM has refused, with its words and ours' })
  @ApiOkResponse({ standardSchema: answers.undeliveredAnswer })
  async undelivered(
    @Param('company') text: string,
    @Query({ schema: answers.undeliveredQuery }) query: z.output<typeof answers.undeliveredQuery>,
  ): Promise<z.infer<typeof answers.undeliveredAnswer>> {
    const company = accepted(await this.companies.find(text));
    const page = accepted(await this.undeliveredRecords.page(company, query.kind, query));
    const records = page.entries.map(({ thing, code = '', words = '', attempts }) => ({
      ...{ thing, code, words, attempts },
    }));
    return { records, ...(page.next !== undefined && { next: page.next }) };
  }

  @Post('undelivered/retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Try again what the CRM has refused: one, some, or all' })
  @ApiOkResponse({ standardSchema: answers.retryAnswer })
  async retry(
    @Param('company') text: string,
    @Body({ schema: answers.retryForm }) form: z.output<typeof answers.retryForm>,
  ): Promise<z.infer<typeof answers.retryAnswer>> {
    const company = accepted(await this.companies.find(text));
    const tried =
      'all' in form
        ? await this.undeliveredRecords.retryAll(company, commandContext())
        : await this.undeliveredRecords.retry(company, [...new Set(form.things)], commandContext());
    return { tried: accepted(tried) };
  }
}
