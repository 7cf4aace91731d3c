import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { waitFor } from '@samspill/testing';
import type { HttpApi } from '../http-api.js';

export interface PeopleAtTheCrm {
  readonly company: string;
  /** An administrator of the company. */
  readonly administrator: HttpApi;
  /** Who may do something in the company, and nothing about its CRM. */
  readonly other: HttpApi;
  readonly nobody: HttpApi;
  readonly keepSecret: (secret: string) => string;
}

/** The part of the story in which a company is connected to its CRM, where crm-link is installed. */
export function specifyConnectingACrm(people: () => PeopleAtTheCrm): void {
  it('L2 L3 L10 an administrator connects the company to its CRM; whoever has no role for that can neither connect it nor see it', async () => {
    const { company, administrator, other, nobody, keepSecret } = people();
    const at = `/api/crm/v1/companies/${company}`;
    const token = keepSecret(`pat-eu1-${randomUUID()}`);
    const form = { kind: 'hubspot', account: 'Fjordgløtt sales', secrets: { kind: 'private-app', token } };
    await waitFor(async () => (await administrator.call('GET', `${at}/link`)).status === 200, {
      describe: 'the company and its administrator to be known to crm-link',
    });
    await waitFor(async () => (await other.call('GET', `${at}/link`)).status === 403, {
      describe: 'the other’s role to be known to crm-link',
    });
    expect(await nobody.callJson('PUT', `${at}/connection`, form)).toMatchObject({ status: 401 });
    expect(await other.callJson('PUT', `${at}/connection`, form)).toMatchObject({ status: 403 });
    expect(await administrator.call('GET', `${at}/connection`)).toMatchObject({
      status: 404,
      body: { code: 'connection.not-found' },
    });
    const connected = await administrator.callJson('PUT', `${at}/connection`, form);
    expect(connected).toMatchObject({ status: 200, body: { kind: 'hubspot', secrets: 'kept' } });
    expect(connected.text).not.toContain(token);
    expect(await other.callJson('POST', `${at}/link/start`, {})).toMatchObject({ status: 403 });
    // No token of this account: it says what to do, and is not started.
    expect(await administrator.callJson('POST', `${at}/link/start`, {})).toMatchObject({
      status: 422,
      body: { code: 'crm.sign-in-refused' },
    });
  });
}
