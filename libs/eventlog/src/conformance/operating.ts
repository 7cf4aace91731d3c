import { expect } from '@jest/globals';
import { isRejection, type Rejection } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import type { Operation, OperationState, RebuildRequest } from '../operations/operation.js';
import type { ToyProcess } from './toy/toy-process.js';

/** What an operator of a toy service does: asks, looks, and waits. */
export async function start(
  process: ToyProcess,
  request: Partial<RebuildRequest> & Pick<RebuildRequest, 'scope'>,
): Promise<Operation> {
  return granted(
    await process.eventLog.operations.rebuild({ reason: 'a test', by: 'user:tester', ...request }),
  );
}

export function granted<T>(outcome: T | Rejection): T {
  if (isRejection(outcome)) throw new Error(`${outcome.code}: ${outcome.detail}`);
  return outcome;
}

/** Waits until an operation is in a state. @throws when it has come to another end */
export async function reaches(process: ToyProcess, id: string, state: OperationState): Promise<Operation> {
  const ends: readonly OperationState[] = ['ready', 'done', 'failed', 'cancelled', 'undone'];
  const reached = await waitFor(
    async () => {
      const now = granted(await process.eventLog.operations.find(id));
      return now.state === state || (ends.includes(now.state) && now.wish === 'run') ? now : undefined;
    },
    { describe: `the operation to be ${state}` },
  );
  expect([reached.state, reached.failure]).toEqual([state, undefined]);
  return reached;
}

/** The only part of an operation. */
export function partOf(operation: Operation): Operation['parts'][number] {
  const [part] = operation.parts;
  if (!part || operation.parts.length > 1) throw new Error('the operation has not one part');
  return part;
}

export const accounts = { kind: 'projection', projection: 'toy.account' } as const;
export const balances = { kind: 'projection', projection: 'toy.balance' } as const;
