/** Benchmark of `polyplane check`: the whole command, from its start to its last word, on manifests as kubectl prints them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderManifest, renderManifests } from './manifests';
import { elapsedMilliseconds, type Measurement, median, type Scenario } from './measurement';

const ROOT = join(__dirname, '..');

export const check: Scenario = {
  title: 'polyplane check, the whole command as it is installed',
  async run() {
    execFileSync('npm', ['run', 'build'], { cwd: ROOT, stdio: 'ignore' });
    const folder = mkdtempSync(join(tmpdir(), 'polyplane-bench-check-'));
    try {
      return [
        ...measure('1,000 objects, a document each', writeText(folder, '1k.yaml', 1_000, 'documents'), 5, {
          seconds: 2,
        }),
        ...measure('20,000 objects, a document each', writeText(folder, '20k.yaml', 20_000, 'documents'), 1, {
          seconds: 20,
        }),
        ...measure('20,000 objects, one List in YAML', writeText(folder, '20k-list.yaml', 20_000, 'list'), 1, {
          seconds: 20,
          megabytes: 580,
        }),
        ...measure('20,000 objects, one List in JSON', writeText(folder, '20k.json', 20_000, 'json'), 1, {
          seconds: 20,
          megabytes: 580,
        }),
        ...measure('10,000 objects, a file each', writeFiles(join(folder, 'files'), 10_000), 1),
        ...measure('45,000 objects, 50 MB of documents', writeText(folder, '50mb.yaml', 45_000, 'documents'), 1),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function writeText(folder: string, name: string, objects: number, form: Parameters<typeof renderManifests>[1]): string {
  const path = join(folder, name);
  writeFileSync(path, renderManifests(objects, form));
  return path;
}

function writeFiles(folder: string, objects: number): string {
  mkdirSync(folder);
  for (let index = 0; index < objects; index++) writeFileSync(join(folder, `${index}.yaml`), renderManifest(index));
  return folder;
}

/** What time and peak of memory may be at most. */
interface Aims {
  readonly seconds?: number;
  readonly megabytes?: number;
}

/** Median of the runs' times, and the last one's peak of memory. */
function measure(what: string, path: string, runs: number, aims: Aims = {}): readonly Measurement[] {
  let peak = 0;
  const seconds = Array.from({ length: runs }, () => {
    const milliseconds = elapsedMilliseconds(() => {
      peak = runCheck(path);
    });
    return milliseconds / 1000;
  });
  return [
    { metric: `check: ${what}`, value: median(seconds), unit: 's', ...aimOf(aims.seconds) },
    { metric: `check: ${what}, peak memory`, value: peak, unit: 'MB', ...aimOf(aims.megabytes) },
  ];
}

function aimOf(atMost: number | undefined): Pick<Measurement, 'aim'> {
  return atMost === undefined ? {} : { aim: { atMost } };
}

/** In MB. */
function runCheck(path: string): number {
  const command = ['-r', './bench/peak-memory.cjs', 'packages/cli/dist/main.js', 'check', '-f', path, '-o', 'json'];
  const { status, stderr } = spawnSync(process.execPath, command, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  // 1: some backend does not do all of it, as is meant.
  if (status !== 1) throw new Error(`check ended with ${status}: ${stderr.slice(0, 1000)}`);
  return Number(/peak (\d+)\n$/.exec(stderr)?.[1]);
}
