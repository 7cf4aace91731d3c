import { describe } from '@jest/globals';
import { describeKeysAway } from './keys-away.js';
import { describeLogDecides } from './log-decides.js';
import { describeOnRecord } from './on-record.js';
import { describePersonalNames } from './personal-names.js';
import { describePersonalData } from './personal-data.js';
import { describeParkedEvents } from './parked-events.js';
import { describeParking } from './parking.js';
import { describeProjecting } from './projecting.js';
import { describePublishing } from './publishing.js';
import { describeReacting } from './reacting.js';
import { describeReactingByCompany } from './reacting-by-company.js';
import { describeReactingTogether } from './reacting-together.js';
import { describeReactingRestored } from './reacting-restored.js';
import { describeRebuilding } from './rebuilding.js';
import { describeReverting } from './reverting.js';
import { describeRevertKills } from './reverting-kills.js';
import { describeVerifying } from './verifying.js';
import { describeRepublishing } from './republishing.js';
import { describeRestoring } from './restoring.js';
import { describeResuming } from './resuming.js';
import { describeWriting } from './writing.js';
import type { MakeWorld } from './world.js';

/** EVENTLOG.md, guarantee by guarantee, over one adapter. A test's title begins with the number that it is about. */
export function describeConformance(name: string, make: MakeWorld): void {
  describe(`the event log on ${name}`, () => {
    describeWriting(make);
    describePublishing(make);
    describeLogDecides(make);
    describeProjecting(make);
    describeParking(make);
    describeParkedEvents(make);
    describeOnRecord(make);
    describeRebuilding(make);
    describeVerifying(make);
    describeRepublishing(make);
    describeResuming(make);
    describeRestoring(make);
    describeReverting(make);
    describeRevertKills(make);
    describeReacting(make);
    describeReactingByCompany(make);
    describeReactingTogether(make);
    describeReactingRestored(make);
    describePersonalData(make);
    describePersonalNames(make);
    describeKeysAway(make);
  });
}
