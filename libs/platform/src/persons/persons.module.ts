import { Body, Controller, Header, HttpCode, Inject, Module, Param, Post } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { EventLog } from '@samspill/eventlog';
import { MAX_RECORDED_KEYS } from '@samspill/contracts';
import type { z } from 'zod';

import { companyAdministrator, operator, Permissions, type Permission } from '../access/permission.js';
import { accepted } from '../http/rejection-error.js';
import { commandContext } from '../http/request-context.js';
import {
  personClues,
  personErased,
  personEraseRequest,
  personFindings,
  personLifted,
  personLiftRequest,
  type PersonErased,
  type PersonFindings,
  type PersonLifted,
  type PersonRecord,
} from './person.answers.js';
import type { PersonRequests } from './person-requests.js';

const REQUESTS = Symbol('PersonRequests');
const OPERATOR = operator('admin');

/** What administrators ask of a context for a person. A module class of its own each time, since several contexts may share a process. */
export function personsModule(eventLog: EventLog, requests: PersonRequests): DynamicModule {
  @Module({})
  class PersonsModule {}
  return {
    module: PersonsModule,
    controllers: [personsController(eventLog.manifest.name, requests.areOf)],
    providers: [
      { provide: REQUESTS, useValue: requests },
      { provide: EventLog, useValue: eventLog },
    ],
  };
}

/** What is known of a person is asked for in bodies: addresses of requests are written into logs. */
function personsController(context: string, areOf: PersonRequests['areOf']): Type {
  const permissions: readonly [Permission, ...Permission[]] =
    areOf === 'company' ? [companyAdministrator, OPERATOR] : [OPERATOR];
  @ApiTags(`${context}: people`)
  @Permissions(...permissions)
  @Controller(`api/${context}/v1/companies/:company/persons`)
  class PersonsController {
    constructor(
      @Inject(REQUESTS) private readonly requests: PersonRequests,
      @Inject(EventLog) private readonly eventLog: EventLog,
    ) {}

    @Post('find')
    @HttpCode(200)
    @Header('cache-control', 'no-store')
    @ApiOperation({
      summary: 'Everything that is kept about a person',
      description:
        'By e-mail address, phone, name or record: with all fields, since when they are known, who sent them, and what they were before. Nothing is changed.',
    })
    @ApiOkResponse({ standardSchema: personFindings })
    async find(
      @Param('company') company: string,
      @Body({ schema: personClues }) clues: z.output<typeof personClues>,
    ): Promise<PersonFindings> {
      const findings = accepted(await this.requests.find(company, clues, commandContext()));
      const by = Object.keys(clues).join(' ');
      await this.#record('person-find', { company, by }, findings.found);
      return findings;
    }

    @Post('erase')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Forget whoever these records are about',
      description:
        'Cannot be taken back. What the ERP sends of them afterwards is refused until it is lifted. Again is harmless.',
    })
    @ApiOkResponse({ standardSchema: personErased })
    async erase(
      @Param('company') company: string,
      @Body({ schema: personEraseRequest }) body: z.output<typeof personEraseRequest>,
    ): Promise<PersonErased> {
      const { records, reason, dryRun: isDryRun } = body;
      const selection = { records, reason, isDryRun };
      const erased = accepted(await this.requests.erase(company, selection, commandContext()));
      // Not before: a reason that was refused because it names the person must not be written down.
      if (!isDryRun) await this.#record('person-erase', { company }, erased.records, reason);
      return erased;
    }

    @Post('lift')
    @HttpCode(200)
    @ApiOperation({
      summary: 'Let records of forgotten people come in again',
      description: 'Nothing comes back by it: the record comes with the next change or import of the ERP.',
    })
    @ApiOkResponse({ standardSchema: personLifted })
    async lift(
      @Param('company') company: string,
      @Body({ schema: personLiftRequest }) body: z.output<typeof personLiftRequest>,
    ): Promise<PersonLifted> {
      const lifted = accepted(await this.requests.lift(company, body, commandContext()));
      await this.#record('person-lift', { company }, lifted.records, body.reason);
      return lifted;
    }

    async #record(
      kind: string,
      scope: Readonly<Record<string, string>>,
      records: readonly PersonRecord[],
      reason?: string,
    ): Promise<void> {
      const keys = records.slice(0, MAX_RECORDED_KEYS).map((record) => `${record.kind}/${record.reference}`);
      const counts = { records: records.length };
      const entry = { kind, step: 'finished', scope, counts, keys, ...(reason !== undefined && { reason }) };
      await this.eventLog.audit.record(entry, commandContext());
    }
  }
  return PersonsController;
}
