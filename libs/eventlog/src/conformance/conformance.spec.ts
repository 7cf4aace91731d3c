import { describeSimulatedKills } from './kills-simulated.js';
import { MemoryWorld } from './memory-world.js';
import { describeConformance } from './suite.js';

describeConformance('memory', () => Promise.resolve(new MemoryWorld()));
describeSimulatedKills();
