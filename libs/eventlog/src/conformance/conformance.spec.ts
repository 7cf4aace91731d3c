import { describeSimulatedKills } from './kills-simulated.js';
import { describeSimulatedDeaths } from './reacting-killed.js';
import { MemoryWorld } from './memory-world.js';
import { describeConformance } from './suite.js';

describeConformance('memory', () => Promise.resolve(new MemoryWorld()));
describeSimulatedKills();
describeSimulatedDeaths();
