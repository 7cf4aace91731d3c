import type { BatchAccepted, IntakeCounts } from '@samspill/contracts';
import type { Head, Hold, IntakeHolds, Unit } from '@samspill/eventlog';
import { reject, streamName, type CompanyId, type Recorded, type Rejection } from '@samspill/kernel';

/** Which batch this is, said by the agent that sends it. */
export interface BatchName {
  /** The agent's name; stays the same when it is installed anew. */
  readonly agent: string;
  /** New whenever the agent has lost what it knew, so that its counting from 1 is not taken for repeats. */
  readonly incarnation: string;
  /** Counts from 1 in the incarnation, without holes. */
  readonly sequence: number;
}

export interface BatchAnswer extends IntakeCounts {
  /** The batch had been taken in before; nothing was done now. */
  readonly repeated: boolean;
}

/** A batch on its way in. */
export interface BatchTurn {
  /** Of the context: its batches are streams `<context>.batch/<company>/<agent>/<incarnation>`. */
  readonly context: string;
  readonly company: CompanyId;
  readonly name: BatchName;
  /** SHA-256 of its bytes, hex. */
  readonly contentHash: string;
  /** Whether the company's intake is held, and what is said then. */
  readonly holds: IntakeHolds;
  readonly held: (company: CompanyId, hold: Hold) => Rejection;
  /** Streams that its changes touch. */
  readonly streams: readonly string[];
  /**
   * Appends what its changes come to.
   * @param batch its name in one word, which rejected changes are told by
   */
  readonly apply: (heads: ReadonlyMap<string, Head>, batch: string) => IntakeCounts;
}

/**
 * Takes in a batch within a unit: once and in its turn, as a whole. Batches of an incarnation are a stream whose version is the sequence
 * number, so a repeat finds its event and two at once cannot both win (ADR 3).
 */
export async function takeBatch(unit: Unit, turn: BatchTurn): Promise<BatchAnswer | Rejection> {
  const { context, company, name, contentHash, streams } = turn;
  const stream = streamName(`${context}.batch`, company, name.agent, name.incarnation);
  const holds = turn.holds.stream(company);
  const heads = await unit.heads([stream, holds, ...streams]);
  const last = heads.get(stream)?.version ?? 0;
  if (name.sequence <= last) return repeated(await unit.eventAt(stream, name.sequence), name, contentHash);
  const hold = turn.holds.of(heads.get(holds));
  if (hold) return turn.held(company, hold);
  if (name.sequence !== last + 1)
    return reject(
      'batch.sequence-conflict',
      `The next batch of this incarnation is number ${last + 1}; ${name.sequence} came.`,
      [{ pointer: '/query/sequence', code: 'sequence.gap', detail: `Send number ${last + 1} first.` }],
    );
  const counts = turn.apply(heads, `${name.agent}/${name.incarnation}/${name.sequence}`);
  const data: BatchAccepted = { ...name, contentHash, counts };
  unit.append({ stream, key: company }, last, [{ type: `${context}.batch.accepted`, data }]);
  return { ...counts, repeated: false };
}

function repeated(
  event: Recorded | undefined,
  { sequence }: BatchName,
  contentHash: string,
): BatchAnswer | Rejection {
  // The stream holds nothing else, and the catalogue has checked it.
  const accepted = event?.data as BatchAccepted | undefined;
  if (accepted?.contentHash === contentHash) return { ...accepted.counts, repeated: true };
  return reject(
    'batch.content-conflict',
    `Batch ${sequence} of this incarnation was taken in with other content. An agent that has lost its state starts a new incarnation.`,
  );
}
