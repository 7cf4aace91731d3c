/** What the chart has to know of the code: the services with their topics, from their manifests, so that nothing is listed twice. */
import { KEYS_TOPIC, PARTITIONS } from '@samspill/contracts';
import { groupOf, TOPIC_SETTINGS, topicsOf } from '@samspill/eventlog';

import { serviceManifests } from './contexts.mjs';

export async function catalogueFile() {
  const entries = (await serviceManifests()).map(({ service, manifest }) => {
    const reads = topicsOf(manifest).filter((topic) => topic !== manifest.topic);
    return [service, { context: manifest.name, group: groupOf(manifest), writes: [manifest.topic], reads }];
  });
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
