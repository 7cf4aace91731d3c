import type { PersonRecord } from '@samspill/platform/answers';
import { Refused } from '../service-client.js';

/** Asks one service about records, kind by kind: of kinds that it does not have there is nothing to ask it. */
export async function byKind<Answer>(
  records: readonly PersonRecord[],
  ask: (records: readonly PersonRecord[]) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const kind of new Set(records.map((record) => record.kind))) {
    try {
      answers.push(await ask(records.filter((record) => record.kind === kind)));
    } catch (error) {
      if (!(error instanceof Refused && error.code === 'person.kind-unknown')) throw error;
    }
  }
  return answers;
}
