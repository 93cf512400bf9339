// Lets Node run this repository's TypeScript as it stands: transpiled on load, types checked elsewhere (`npm run types`).
// Use with `node --conditions=@polyplane/source` (ts-node does not understand -C), so that packages resolve to each other's sources.
const { join } = require('node:path');

process.env.TS_NODE_PROJECT ??= join(__dirname, '..', 'tsconfig.test.json');
require('ts-node/register');
require('reflect-metadata');
