import type { CommandContext } from '@samspill/eventlog';
import { commandContext } from '../http/request-context.js';
import type { BatchName } from './batch-turn.js';

/** What a request that brings a batch holds: its bytes, and on whose behalf they are written, which is the agent's. */
export function sentBatch(
  { agent }: BatchName,
  body: unknown,
): { readonly bytes: Buffer; readonly context: CommandContext } {
  // A request without a body is an empty batch, and refused as one.
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  return { bytes, context: { ...commandContext(), actor: `agent:${agent}` } };
}
