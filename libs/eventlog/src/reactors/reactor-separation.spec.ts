import { describe, expect, it } from '@jest/globals';
import type { Projection, Reactor } from '@samspill/kernel';
import { MemoryWorld } from '../conformance/memory-world.js';
import { accountReactor } from '../conformance/toy/account.reactor.js';
import { tellingManifest } from '../conformance/toy/toy-manifests.js';
import { ToyProcess } from '../conformance/toy/toy-process.js';
import type { Outsides } from './outside.js';

const noOutside: Outsides[string] = { send: () => Promise.resolve([]) };

describe('a reactor', () => {
  it('G76 is nothing that a rebuild could be given: the compiler refuses it', () => {
    const reactor: Reactor = accountReactor('bank');
    // @ts-expect-error it has neither rows nor a fold, and whatever replays takes projections
    const projection: Projection = reactor;
    expect('project' in projection).toBe(false);
  });

  it.each<[string, Outsides]>([
    ['has no outside to deliver to', {}],
    ['there is an outside toy.stray', { 'toy.send-account': noOutside, 'toy.stray': noOutside }],
  ])('is refused at the start where it %s', async (fault, outsides) => {
    const world = new MemoryWorld();
    const connecting = ToyProcess.connect(world, await world.database(), tellingManifest(world.topics), {
      outsides,
    });
    await expect(connecting).rejects.toThrow(fault);
  });
});
