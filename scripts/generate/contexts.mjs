/** The contexts that the services run, by their definitions; importing the main of a service would start it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { services } from '../image/images.mjs';

const root = join(import.meta.dirname, '..', '..');

/** @returns {Promise<{ service: string, manifest: import('@samspill/eventlog').LogManifest }[]>} in the order of the services' names */
export async function serviceManifests() {
  return await Promise.all(
    services.map(async (service) => ({ service, manifest: (await contextOf(service)).manifest })),
  );
}

async function contextOf(service) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'apps', service, 'package.json'), 'utf8'));
  const name = Object.keys(dependencies).find((dependency) => dependency.startsWith('@samspill/context-'));
  const definition = Object.values(await import(name)).find((value) => value?.manifest?.source === service);
  if (definition === undefined) throw new Error(`${name} exports no context whose source is ${service}.`);
  return definition;
}
