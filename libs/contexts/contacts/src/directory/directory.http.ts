import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CONTACT_KINDS, contactRecord, RECORD_LIMITS } from '@samspill/contracts';
import { reject, type CompanyId, type Rejection } from '@samspill/kernel';
import { accepted, companyRole, Permissions } from '@samspill/platform';
import { z } from 'zod';
import { CompanyAccess } from '../company/company-access.js';
import {
  DirectorySearch,
  SEARCH_PAGE_MAX,
  type ContactPage,
  type FoundContacts,
  type ShownContact,
} from './directory-search.js';
import { CURSOR_MAX_LENGTH } from './search-cursor.js';

const DEFAULT_PAGE = 25;
/** Longer than any name with a town beside it. */
const QUERY_MAX_LENGTH = 300;

const kind = z.enum(CONTACT_KINDS);
const number = z
  .string()
  .min(1)
  .max(RECORD_LIMITS.numberMaxLength)
  .refine(isPrintable, 'There are control characters in this.');
const paging = {
  cursor: z.string().max(CURSOR_MAX_LENGTH).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(SEARCH_PAGE_MAX).default(DEFAULT_PAGE),
};
const searchQuery = z.strictObject({
  q: z
    .string()
    .max(QUERY_MAX_LENGTH)
    .refine(isPrintable, 'There are control characters in this.')
    .default('')
    .describe(
      'Words that must all match: two letters from the start of a word, three or more anywhere in a name, number, organisation number, town, postcode, phone or e-mail address. Empty: everything.',
    ),
  kind: kind.optional().describe('Only records of this kind'),
  ...paging,
});
const personsQuery = z.strictObject(paging);

const contact = z
  .object({
    kind,
    number: z.string(),
    name: z.string(),
    record: contactRecord.describe('The whole record as the ERP has it'),
    parentName: z.string().optional().describe('Name of a contact person’s customer or supplier'),
    changedAt: z.iso.datetime(),
  })
  .meta({ id: 'Contact' });
const next = z.string().optional().describe('Cursor of the next page; absent on the last one');
const contactPage = z.object({ contacts: z.array(contact), next }).meta({ id: 'ContactPage' });
const foundContacts = z
  .object({
    contacts: z.array(contact),
    next,
    matched: z
      .enum(['exact', 'similar'])
      .describe('`similar`: nothing matched, and what was probably meant was searched for'),
    searchedFor: z.string().optional().describe('What was probably meant'),
  })
  .meta({ id: 'FoundContacts' });
const contactWithPersons = contact
  .extend({ persons: contactPage.optional().describe('The first contact persons of a customer or supplier') })
  .meta({ id: 'ContactWithPersons' });

type ContactWithPersons = ShownContact & { readonly persons?: ContactPage };

@ApiTags('contacts: directory')
@Permissions(companyRole('contacts', 'user'))
@Controller('api/contacts/v1/companies/:company/contacts')
export class DirectoryController {
  constructor(
    @Inject(DirectorySearch) private readonly directory: DirectorySearch,
    @Inject(CompanyAccess) private readonly access: CompanyAccess,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Find customers, suppliers and contact persons',
    description:
      'An equal number comes first, then names that begin with the query, then the rest, each by name. Case, accents and Nordic spellings (Håkon, Haakon, Hakon) do not matter, nor how a number is grouped.',
  })
  @ApiOkResponse({ standardSchema: foundContacts })
  async search(
    @Param('company') company: string,
    @Query({ schema: searchQuery }) query: z.infer<typeof searchQuery>,
  ): Promise<FoundContacts> {
    const id = accepted(await this.access.registered(company));
    return accepted(await this.directory.search(id, query));
  }

  @Get(':kind/:number')
  @ApiOperation({ summary: 'A customer or supplier with its contact persons, or a contact person' })
  @ApiOkResponse({ standardSchema: contactWithPersons })
  async get(
    @Param('company') company: string,
    @Param('kind', { schema: kind }) of: z.infer<typeof kind>,
    @Param('number', { schema: number }) which: string,
  ): Promise<ContactWithPersons> {
    const id = accepted(await this.access.registered(company));
    const found = accepted(await this.#find(id, of, which));
    if (of === 'contact-person') return found;
    const persons = accepted(
      await this.directory.persons(id, { kind: of, number: which }, { limit: DEFAULT_PAGE }),
    );
    return { ...found, persons };
  }

  @Get(':kind/:number/contact-persons')
  @ApiOperation({ summary: 'Contact persons of a customer or supplier, by name' })
  @ApiOkResponse({ standardSchema: contactPage })
  async persons(
    @Param('company') company: string,
    @Param('kind', { schema: kind }) of: z.infer<typeof kind>,
    @Param('number', { schema: number }) which: string,
    @Query({ schema: personsQuery }) query: z.infer<typeof personsQuery>,
  ): Promise<ContactPage> {
    const id = accepted(await this.access.registered(company));
    accepted(await this.#find(id, of, which));
    return accepted(await this.directory.persons(id, { kind: of, number: which }, query));
  }

  async #find(
    company: CompanyId,
    of: z.infer<typeof kind>,
    which: string,
  ): Promise<ShownContact | Rejection> {
    const found = await this.directory.get(company, of, which);
    return (
      found ??
      reject('contact.not-found', `The company has no ${of.replace('-', ' ')} with the number ${which}.`)
    );
  }
}

/** Postgres has no NUL in texts, and nobody types the others. */
function isPrintable(text: string): boolean {
  return !/\p{Cc}/u.test(text);
}
