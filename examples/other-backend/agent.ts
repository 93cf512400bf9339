/**
 * The same agent on another backend, by configuration alone: it knows no backend, loads the module that its configuration
 * names, and runs the one that the configuration chooses. Give it simulator.yaml, iptables.yaml or vpp.yaml.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Container, type ContainerModule } from 'inversify';
import { parse } from 'yaml';
import { CodedError, coreModule, ManifestSource, NodeAgent } from '@polyplane/core';

/** What the files beside this one hold. */
interface Configuration {
  readonly nodeName: string;
  readonly manifests: string;
  /** A package, and which of its exports is the backend's inversify module. */
  readonly module: { readonly package: string; readonly export: string };
  readonly backend: string;
  readonly backends?: Readonly<Record<string, object>>;
}

async function main(file: string): Promise<void> {
  const { nodeName, manifests, module, backend, backends }: Configuration = parse(readFileSync(file, 'utf8'));
  const exported: Readonly<Record<string, ContainerModule | undefined>> = require(module.package);
  const backendModule = exported[module.export];
  if (backendModule === undefined) throw new Error(`${module.package} exports no ${module.export}`);

  const container = new Container();
  const source = new ManifestSource({ paths: [resolve(__dirname, manifests)] });
  container.load(coreModule({ nodeName, source, backend, ...(backends && { backends }) }), backendModule);
  const agent = container.get(NodeAgent);
  try {
    await agent.start();
    await agent.applied();
    console.log(`${nodeName}: revision ${agent.status.revision} is in force through ${agent.status.backend}`);
  } catch (error) {
    // A host that cannot run the chosen backend is told so; there is no silent fall-back to another one.
    if (!(error instanceof CodedError)) throw error;
    console.log(`${nodeName}: ${error.code}: ${error.message}`);
  } finally {
    await agent.stop('remove');
  }
}

void main(process.argv[2] ?? join(__dirname, 'simulator.yaml'));
