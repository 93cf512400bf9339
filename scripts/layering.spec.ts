// Proves that each rule of .dependency-cruiser.cjs bites: a tree with one breach a rule, cruised with the real rules.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const ROOT = join(__dirname, '..');

/** What stands in every tree: each package's doors and rooms, importing only what they may. */
const SOUND: Readonly<Record<string, string>> = {
  'packages/core/src/index.ts': "export * from './state/port';\nexport * from './sources/kubernetes';",
  'packages/core/src/address-door.ts': "export * from './state/address';",
  'packages/core/src/backend-door.ts': "export * from './state/port';\nexport { map } from 'rxjs';",
  'packages/core/src/simulator/index.ts': "export * from './backend';",
  'packages/core/src/simulator/backend.ts': "import 'rxjs';\nexport { port } from '../state/port';",
  'packages/core/src/testing/index.ts': "export { port } from '../state/port';",
  'packages/core/src/dataplane/stale-flows.ts': "import '../state/port';\nexport {};",
  'packages/core/src/state/address.ts': 'export const address = 1;',
  'packages/core/src/state/port.ts': "import 'node:util';\nexport const port = 1;",
  'packages/core/src/state/port.spec.ts': "import 'node:fs';\nimport 'chai';\nimport './port';",
  'packages/core/src/resources/pod.ts': 'export const pod = 1;',
  'packages/core/src/sources/kubernetes.ts':
    "import '@kubernetes/client-node';\nimport '../resources/pod';\nexport {};",
  'packages/backend-iptables/src/index.ts': "export * from './render/chain';\nexport * from './kernel/restore';",
  'packages/backend-iptables/src/render/chain.ts': "export { port as chain } from '@polyplane/core/backend';",
  'packages/backend-iptables/src/kernel/restore.ts':
    "import '@polyplane/linux';\nimport 'node:child_process';\nexport const restore = 1;",
  'packages/backend-iptables/src/index.spec.ts':
    "import '@polyplane/core/testing';\nimport '@polyplane/core/simulator';\nimport '@polyplane/conformance';\nimport './index';",
  'packages/backend-iptables/src/testing/states.ts': "import 'chai';\nimport '@polyplane/core/testing';",
  'packages/backend-ebpf/src/index.ts': "export { port } from '@polyplane/core/backend';",
  'packages/backend-vpp/src/index.ts': "export { port } from '@polyplane/core/backend';",
  'packages/linux/src/index.ts': "export { address } from '@polyplane/core/address';",
  'packages/conformance/src/index.ts':
    "import 'mocha';\nimport '@polyplane/linux';\nexport { port } from '@polyplane/core';",
  'packages/cli/src/main.ts': "import '@polyplane/core';\nimport '@polyplane/backend-iptables';\nexport {};",
  'examples/agent.ts': "import '@polyplane/core';\nimport '@polyplane/backend-vpp';",
  'bench/run.ts': "import '@polyplane/core/simulator';",
};

/** What some breaches need beside them; no breach of a rule by itself. */
const ACCOMPLICES: Readonly<Record<string, string>> = {
  'packages/core/src/agent/b.ts': "import type { A } from './a';\nexport type B = A;",
  'packages/core/src/backend/leak.ts': "export { pod } from '../resources/pod';",
  'packages/core/src/limits/row.ts': 'export const row = 1;',
};

/** One breach a rule: the file that breaks it and what it then says, beside everything that is sound. */
const BREACHES: Readonly<Record<string, readonly (readonly [file: string, text: string])[]>> = {
  'no-cycles': [['packages/core/src/agent/a.ts', "import type { B } from './b';\nexport type A = B;"]],
  resolvable: [['packages/cli/src/deep.ts', "import '@polyplane/core/src/state/port';"]],
  'declared-dependencies': [['packages/core/src/agent/undeclared.ts', "import 'typescript';"]],
  'only-doors': [['packages/cli/src/internals.ts', "import '../../core/src/state/port';"]],
  'only-doors-from-outside': [['examples/internals.ts', "import '../packages/core/src/state/port';"]],
  'by-name-not-by-path': [['packages/cli/src/by-path.ts', "import '../../core/src/index';"]],
  'linux-knows-addresses-alone': [
    ['packages/linux/src/state.ts', "import '@polyplane/core/backend';"],
    ['packages/linux/src/limits.ts', "import '@polyplane/backend-ebpf';"],
  ],
  'address-door-without-state': [
    ['packages/core/src/address-door.ts', "export * from './state/address';\nexport * from './state/port';"],
  ],
  'dataplane-on-state': [
    ['packages/core/src/dataplane/resources.ts', "import '../resources/pod';"],
    ['packages/core/src/dataplane/limits.ts', "import '../limits/row';"],
  ],
  'limits-without-backend': [['packages/core/src/limits/interface.ts', "import '../backend/leak';"]],
  'resources-without-sources': [
    ['packages/core/src/resources/change.ts', "import '../sources/kubernetes';"],
    ['packages/core/src/compute/problem.ts', "import '../sources/kubernetes';"],
  ],
  'core-alone': [['packages/core/src/agent/conformance.ts', "import '@polyplane/conformance';"]],
  'backend-on-core-backend': [
    ['packages/backend-iptables/src/whole-core.ts', "import type {} from '@polyplane/core';"],
    ['packages/backend-ebpf/src/testing.ts', "import '@polyplane/core/testing';"],
    ['packages/backend-vpp/src/neighbour.ts', "import '@polyplane/backend-ebpf';"],
  ],
  'backend-specs': [['packages/backend-vpp/src/neighbour.spec.ts', "import '@polyplane/backend-ebpf';"]],
  'conformance-knows-no-backend': [['packages/conformance/src/iptables.ts', "import '@polyplane/backend-iptables';"]],
  'cli-is-the-top': [['examples/command.ts', "import '../packages/cli/src/main';"]],
  'pure-core-no-io': [
    ['packages/core/src/state/file.ts', "import 'node:fs/promises';"],
    ['packages/core/src/compute/net.ts', "import 'net';"],
    ['packages/core/src/simulator/child.ts', "import 'node:child_process';"],
    ['packages/core/src/limits/http.ts', "import 'node:http';"],
    ['packages/core/src/limits/clock.ts', "import 'node:timers';"],
  ],
  'pure-core-no-streams': [['packages/core/src/simulator/stream.ts', "import type {} from 'rxjs';"]],
  'state-is-the-ground': [['packages/core/src/state/upwards.ts', "import '../resources/pod';"]],
  'kubernetes-client-in-sources': [['packages/core/src/agent/client.ts', "import '@kubernetes/client-node';"]],
  'backend-door-without-resources': [
    ['packages/core/src/backend-door.ts', "export * from './backend/leak';\nexport * from './state/port';"],
  ],
  'render-no-io': [['packages/backend-vpp/src/render/socket.ts', "import 'node:net';"]],
  'render-no-streams': [['packages/backend-iptables/src/render/stream.ts', "import 'rxjs';"]],
  'render-no-kernel': [
    ['packages/backend-iptables/src/render/kernel.ts', "import '../kernel/restore';"],
    ['packages/backend-iptables/src/render/linux.ts', "import '@polyplane/linux';"],
  ],
  'no-specs-imported': [['packages/core/src/agent/spec.spec.ts', "import '../state/port.spec';"]],
  'test-tools-in-tests': [['packages/core/src/agent/chai.ts', "import 'chai';"]],
};

describe('the layering rules', () => {
  let tree: string;
  let breaches: readonly Breach[];

  before(async () => {
    tree = await mkdtemp(join(tmpdir(), 'polyplane-layering-'));
    await copyRepository(tree);
    await writeFiles(tree, Object.entries(SOUND));
  });
  after(() => rm(tree, { recursive: true }));

  it('let pass what is allowed', async () => {
    expect(await cruise(tree)).to.deep.equal([]);
  });

  describe('each find their breach:', () => {
    before(async () => {
      await writeFiles(tree, [...Object.entries(ACCOMPLICES), ...Object.values(BREACHES).flat()]);
      breaches = await cruise(tree);
    });

    for (const [rule, files] of Object.entries(BREACHES)) {
      it(rule, () => {
        const found = breaches.filter((breach) => breach.rule === rule).map((breach) => breach.file);
        const culprits = files.map(([file]) => file);
        expect(found).to.include.members(culprits);
        expect(found.filter((file) => file in SOUND && !culprits.includes(file))).to.deep.equal([]);
      });
    }

    it('and none is left unproven', () => {
      const { forbidden } = require('../.dependency-cruiser.cjs') as {
        readonly forbidden: readonly { readonly name: string }[];
      };
      expect(Object.keys(BREACHES)).to.have.members(forbidden.map((rule) => rule.name));
    });
  });
});

interface Breach {
  readonly rule: string;
  readonly file: string;
}

/** The rules, every package's own package.json, and node_modules as npm's workspaces lay them out. */
async function copyRepository(tree: string): Promise<void> {
  await cp(join(ROOT, '.dependency-cruiser.cjs'), join(tree, '.dependency-cruiser.cjs'));
  await cp(join(ROOT, 'package.json'), join(tree, 'package.json'));
  for (const name of await readdir(join(ROOT, 'packages'))) {
    await mkdir(join(tree, 'packages', name), { recursive: true });
    await cp(join(ROOT, 'packages', name, 'package.json'), join(tree, 'packages', name, 'package.json'));
    await mkdir(join(tree, 'node_modules/@polyplane'), { recursive: true });
    await symlink(join(tree, 'packages', name), join(tree, 'node_modules/@polyplane', name));
  }
  for (const name of ['rxjs', 'chai', 'mocha', 'typescript', '@kubernetes']) {
    await symlink(join(ROOT, 'node_modules', name), join(tree, 'node_modules', name));
  }
}

async function writeFiles(tree: string, files: readonly (readonly [file: string, text: string])[]): Promise<void> {
  for (const [file, text] of files) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), `${text}\n`);
  }
}

async function cruise(tree: string): Promise<readonly Breach[]> {
  const depcruise = join(ROOT, 'node_modules/.bin/depcruise');
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'examples', 'bench'];
  const run = await promisify(execFile)(depcruise, args, { cwd: tree, maxBuffer: 2 ** 26 }).catch(
    // It exits with the number of breaches; anything else has no report to read.
    (error: { readonly stdout: string }) => error,
  );
  const report = JSON.parse(run.stdout) as {
    readonly summary: {
      readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
    };
  };
  return report.summary.violations.map((violation) => ({ rule: violation.rule.name, file: violation.from }));
}
