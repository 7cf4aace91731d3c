/** The images that a cluster needs for the test, built with one engine and brought to another. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { run } from './cluster.mjs';

const root = join(import.meta.dirname, '..', '..');

/** The same build under several tags, so that an upgrade from one to the next replaces every pod. */
export async function buildImages(images, [first, ...others]) {
  const { status } = spawnSync('node', [join(root, 'scripts/image.mjs'), ...images, '--tag', first], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The images could not be built.');
  for (const image of images)
    for (const tag of others) await run('docker', ['tag', imageName(image, first), imageName(image, tag)]);
}

/** @returns the tars: one an image, with all its tags */
export async function saveImages(folder, images, tags) {
  const wanted = [
    ['apache/kafka:4.1.1'],
    ['postgres:18'],
    ...images.map((image) => tags.map((tag) => imageName(image, tag))),
  ];
  const files = [];
  for (const [index, names] of wanted.entries()) {
    const file = join(folder, `${index}.tar`);
    await run('docker', ['save', '--output', file, ...names]);
    files.push(file);
  }
  return files;
}

export async function sizes(tag) {
  const lines = await run('docker', ['images', '--format', '{{.Repository}}:{{.Tag}} {{.Size}}']);
  return lines
    .split('\n')
    .filter((line) => line.includes(`:${tag} `))
    .map((line) => line.replace(`:${tag}`, ''))
    .join(', ');
}

function imageName(image, tag) {
  return `samspill/${image}:${tag}`;
}
