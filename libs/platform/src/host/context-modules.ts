import type { DynamicModule } from '@nestjs/common';

import type { OpenContext } from '../context/open-context.js';
import { operationsModule } from '../operations/operations.module.js';
import { personsModule } from '../persons/persons.module.js';

/** A context's own routes, and those that every context has: its operations, and what it knows of a person. */
export function contextModules(context: OpenContext): readonly DynamicModule[] {
  const { definition, eventLog } = context;
  return [
    definition.module(context),
    operationsModule({ manifest: definition.manifest, eventLog }),
    personsModule(eventLog, definition.persons(context)),
  ];
}
