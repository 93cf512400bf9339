#!/usr/bin/env bash
# @kubernetes/client-node fails on a KUBECONFIG that names a file which is not there beside files that are.
#
# Guess:   the files that are there are merged, and the missing one is passed over, as kubectl does.
# Seen:    ENOENT; without the missing one, both contexts are loaded.
# Version: @kubernetes/client-node 1.4.0.
# Matters: a KUBECONFIG list with a file that comes and goes (a cluster that is not always up) is usual; kubectl works in that shell and
#          every tool on this package does not start.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

npm_packages @kubernetes/client-node@1.4.0

for name in a b; do
  cat >"$temp/$name.yaml" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters: [{ name: $name, cluster: { server: "https://192.0.2.1" } }]
users: [{ name: $name, user: { token: none } }]
contexts: [{ name: $name, context: { cluster: $name, user: $name } }]
current-context: $name
KUBECONFIG
done
cat >"$temp/program.mjs" <<'PROGRAM'
import { KubeConfig } from '@kubernetes/client-node';

for (const files of [['a.yaml', 'b.yaml'], ['a.yaml', 'b.yaml', 'missing.yaml']]) {
  process.env.KUBECONFIG = files.join(':');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
    console.log(`${process.env.KUBECONFIG}: contexts ${config.getContexts().map((context) => context.name)}`);
  } catch (error) {
    console.log(`${process.env.KUBECONFIG}: ${error.message}`);
  }
}
PROGRAM

cd "$temp"
expect_seen "$(node program.mjs 2>&1)" <<'END'
a.yaml:b.yaml: contexts a,b
a.yaml:b.yaml:missing.yaml: ENOENT: no such file or directory, open 'missing.yaml'
END
