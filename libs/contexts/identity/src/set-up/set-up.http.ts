import { Body, Controller, Delete, Get, Inject, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { companyProduct, type CompanyProduct } from '@samspill/contracts';
import {
  accepted,
  commandContext,
  companyAdministrator,
  companyMember,
  Permissions,
} from '@samspill/platform';
import { z } from 'zod';
import { CompanyDesk } from '../company/company-desk.js';
import { REQUIREMENTS } from './requirements.js';
import type { SetUp } from './set-up.js';

const LICENCE_MAX_LENGTH = 200;

const licenceForm = z
  .strictObject({
    licence: z
      .string()
      .trim()
      .min(1)
      .max(LICENCE_MAX_LENGTH)
      .describe('Name of the licence or of its file; RGfirm.slf is refused')
      .meta({ example: 'Visma online 123456' }),
    validUntil: z
      .exactOptional(z.iso.datetime())
      .describe('When it ends, where it ends by itself; RFC 3339 in UTC'),
  })
  .meta({ id: 'LicenceGrant' });

const setUpStep = z.object({
  prerequisite: z.string().meta({ example: 'gateway-connected' }),
  state: z.enum(['done', 'missing']),
  why: z.string().describe('Why it is needed'),
  found: z.string().optional().describe('What is there now'),
  next: z
    .object({ description: z.string(), method: z.string(), path: z.string() })
    .optional()
    .describe('The call that does it, where it is missing'),
});

const setUpGuide = z
  .object({
    company: z.uuid().describe('«Firma ID»'),
    products: z.array(
      z.object({ product: companyProduct, isComplete: z.boolean(), steps: z.array(setUpStep) }),
    ),
  })
  .meta({ id: 'SetUpGuide' });

interface SetUpGuide {
  readonly company: string;
  readonly products: readonly SetUp[];
}

/** What was done, in a sentence for whoever did it (C9), and how the set-up is then. */
interface StepDone extends SetUpGuide {
  readonly message: string;
}

const stepDone = setUpGuide.extend({ message: z.string() }).meta({ id: 'SetUpStepDone' });

/** The steps between a company's registration and its products. */
@ApiTags('identity: set-up')
@Permissions(companyAdministrator)
@Controller('api/identity/v1/companies/:company')
export class SetUpController {
  constructor(@Inject(CompanyDesk) private readonly desk: CompanyDesk) {}

  @Permissions(companyMember)
  @Get('set-up')
  @ApiOperation({
    summary: 'The set-up guide: by product every step, whether it is done, why it matters, and the next one',
  })
  @ApiOkResponse({ standardSchema: setUpGuide })
  async guide(@Param('company') company: string): Promise<SetUpGuide> {
    return { company, products: accepted(await this.desk.setUp(company, commandContext())) };
  }

  @Put('licences/:product')
  @ApiOperation({ summary: 'Register the company’s licence of a product' })
  @ApiOkResponse({ standardSchema: stepDone })
  async grantLicence(
    @Param('company') company: string,
    @Param('product', { schema: companyProduct }) product: CompanyProduct,
    @Body({ schema: licenceForm }) licence: z.output<typeof licenceForm>,
  ): Promise<StepDone> {
    accepted(await this.desk.grantLicence(company, product, licence, commandContext()));
    return await this.#done(company, `The company has a licence of ${REQUIREMENTS[product].name}.`);
  }

  @Delete('licences/:product')
  @ApiOperation({
    summary: 'Take back the company’s licence of a product',
    description: 'Its synchronisation stops with it.',
  })
  @ApiOkResponse({ standardSchema: stepDone })
  async revokeLicence(
    @Param('company') company: string,
    @Param('product', { schema: companyProduct }) product: CompanyProduct,
  ): Promise<StepDone> {
    accepted(await this.desk.revokeLicence(company, product, commandContext()));
    return await this.#done(company, `The company has no licence of ${REQUIREMENTS[product].name} any more.`);
  }

  @Put('integration')
  @ApiOperation({ summary: '«Aktiver Visma.net integrasjon»: an administrator of the company activates it' })
  @ApiOkResponse({ standardSchema: stepDone })
  async activate(@Param('company') company: string): Promise<StepDone> {
    accepted(await this.desk.activateIntegration(company, commandContext()));
    return await this.#done(company, 'The integration is active.');
  }

  @Put('products/:product')
  @ApiOperation({
    summary: '«Eksporter/oppdater bedrifter»: add a product to the company',
    description: 'Has to be done for each product that needs it, whatever the company uses already.',
  })
  @ApiOkResponse({ standardSchema: stepDone })
  async addProduct(
    @Param('company') company: string,
    @Param('product', { schema: companyProduct }) product: CompanyProduct,
  ): Promise<StepDone> {
    const { isChanged } = accepted(await this.desk.addProduct(company, product, commandContext()));
    const { name } = REQUIREMENTS[product];
    return await this.#done(
      company,
      isChanged
        ? `${name} was added to the company.`
        : `The company had ${name} already; nothing has changed.`,
    );
  }

  async #done(company: string, message: string): Promise<StepDone> {
    return { message, company, products: accepted(await this.desk.setUp(company, commandContext())) };
  }
}
