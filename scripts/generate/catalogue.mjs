/** What the chart has to know of the code: the services with their topics, from their manifests, so that nothing is listed twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { KEYS_TOPIC, PARTITIONS } from '@samspill/contracts';
import { TOPIC_SETTINGS, topicsOf } from '@samspill/eventlog';

import { services } from '../image/images.mjs';

const root = join(import.meta.dirname, '..', '..');

export async function catalogueFile() {
  const entries = [];
  for (const service of services) {
    const { manifest } = await contextOf(service);
    const reads = topicsOf(manifest).filter((topic) => topic !== manifest.topic);
    entries.push([
      service,
      { context: manifest.name, group: manifest.name, writes: [manifest.topic], reads },
    ]);
  }
  const catalogue = {
    partitions: PARTITIONS,
    settings: TOPIC_SETTINGS['for-ever'],
    // Of the keys of personal data, which every service writes and reads; needed where there are master keys.
    keys: { topic: KEYS_TOPIC, settings: TOPIC_SETTINGS.compacted },
    services: Object.fromEntries(entries),
  };
  return {
    path: 'helm/samspill/files/catalogue.json',
    content: `${JSON.stringify(catalogue, undefined, 2)}\n`,
  };
}

/** The context that the main of a service names; importing the main itself would start it. */
async function contextOf(service) {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'apps', service, 'package.json'), 'utf8'));
  const name = Object.keys(dependencies).find((dependency) => dependency.startsWith('@samspill/context-'));
  const definition = Object.values(await import(name)).find((value) => value?.manifest?.source === service);
  if (definition === undefined) throw new Error(`${name} exports no context whose source is ${service}.`);
  return definition;
}
