#!/usr/bin/env bash
# @kubernetes/client-node passes over `tokenFile` of a kubeconfig's user: requests go out without Authorization.
#
# Guess:   the token is read from the file and sent, as kubectl does; or the file is refused.
# Seen:    with `token` the header is sent; with `tokenFile` there is none, and nothing says so. (In a pod, the package's own
#          loadFromCluster reads the token's file.)
# Version: @kubernetes/client-node 1.4.0.
# Matters: kubeconfigs made for a node agent name a token file, because the token is renewed there. The agent is told "forbidden" as
#          system:anonymous, and the file looks right, since kubectl works with it.
source "$(dirname "${BASH_SOURCE[0]}")/finding.bash"

npm_packages @kubernetes/client-node@1.4.0

printf 'from-the-file' >"$temp/token"
cat >"$temp/program.mjs" <<'PROGRAM'
import { createServer } from 'node:http';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

const [tokenFile] = process.argv.slice(2);
let header;
const server = createServer((request, response) => {
  header = request.headers.authorization;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ apiVersion: 'v1', kind: 'NamespaceList', metadata: {}, items: [] }));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

for (const user of [{ token: 'in-line' }, { tokenFile }]) {
  const config = new KubeConfig();
  config.loadFromString(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'c', cluster: { server: `http://127.0.0.1:${server.address().port}`, 'insecure-skip-tls-verify': true } },
      ],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  await config.makeApiClient(CoreV1Api).listNamespace();
  console.log(`${Object.keys(user)}: Authorization: ${header}`);
}
server.close();
PROGRAM

expect_seen "$(node "$temp/program.mjs" "$temp/token" 2>&1)" <<'END'
token: Authorization: Bearer in-line
tokenFile: Authorization: undefined
END
