import type { GatewayKey } from '@samspill/contracts';
import type { Database, EventLog } from '@samspill/eventlog';
import { isCompanyId } from '@samspill/kernel';
import { GRANTS_VIEW } from '@samspill/platform';
import type { AdapterPayload } from 'oidc-provider';
import { z } from 'zod';
import { loadGateway } from '../gateway/gateway-streams.js';
import { systemContext } from '../user/system-context.js';

/** By the index `principal`: which company a gateway was paired with. */
const COMPANY_SQL = `SELECT company FROM ${GRANTS_VIEW} WHERE principal = $1 AND kind = 'gateway'`;
const companyRows = z.array(z.object({ company: z.string() }));

/**
 * Gateways as clients of the provider: each signs in by the key that it was paired with (`private_key_jwt`, OpenID Connect Core 9). The
 * key is read from the event of its pairing, so that there is no second place that could lack it, or keep it when it is unpaired.
 */
export class GatewayClients {
  constructor(
    private readonly database: Database,
    private readonly eventLog: EventLog,
  ) {}

  /** @returns undefined for whatever is no gateway that is paired now */
  async find(clientId: string): Promise<AdapterPayload | undefined> {
    if (!isCompanyId(clientId)) return undefined;
    const { rows } = await this.database.withClient((client) => client.query(COMPANY_SQL, [clientId]));
    const company = companyRows.parse(rows)[0]?.company;
    if (company === undefined || !isCompanyId(company)) return undefined;
    const gateway = await this.eventLog.transact(systemContext(), (unit) =>
      loadGateway(unit, company, clientId),
    );
    return gateway.kind === 'paired' ? metadataOf(clientId, gateway.key) : undefined;
  }
}

function metadataOf(clientId: string, key: GatewayKey): AdapterPayload {
  return {
    client_id: clientId,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    jwks: { keys: [{ ...key, use: 'sig' }] },
  };
}
