// Preloaded into a measured process: its last word on stderr is its peak of resident memory, in MB.
const { writeSync } = require('node:fs');

process.on('exit', () => writeSync(2, `\npeak ${Math.round(process.resourceUsage().maxRSS / 1024)}\n`));
