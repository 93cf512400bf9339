#!/usr/bin/env bash
# Runs the unit specs that need neither root nor a network namespace with another Node release: `npm run test:node -- 22`.
# The binary comes from npm's registry, as the platform package behind the package `node`, and is kept for the next run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Everything in core, what renders and parses in the backends, the suites and system calls of the kit, and the command's own words.
readonly SPECS=(
  'packages/core/src/**/*.spec.ts'
  'packages/backend-*/src/render/**/*.spec.ts'
  'packages/backend-*/src/kernel/**/*.spec.ts'
  'packages/backend-*/src/module.spec.ts'
  'packages/conformance/src/suites/**/*.spec.ts'
  'packages/conformance/src/prober/**/*.spec.ts'
  'packages/cli/src/*.spec.ts'
  'packages/cli/src/check/**/*.spec.ts'
  'packages/cli/src/commands/codes.spec.ts'
  'packages/cli/src/commands/trace.spec.ts'
)
# These send real packets as root, or start a browser.
readonly ELSEWHERE=(
  'packages/backend-*/src/render/render.oracle.spec.ts'
  'packages/cli/src/check/html/**/*.spec.ts'
)

say() { echo "test-on-node: $*" >&2; }

if [[ ! ${1:-} =~ ^[0-9]+(\.[0-9]+){0,2}$ || $# != 1 ]]; then
  say 'which release? For example: npm run test:node -- 22'
  exit 2
fi
readonly VERSION=$1

bash scripts/setup.sh --npm

package=$(node -p '`node-${process.platform}-${process.arch}`')
home=node_modules/.cache/polyplane-node/$VERSION
binary=$home/node_modules/$package/bin/node
if [[ ! -x $binary ]]; then
  say "npm install $package@$VERSION"
  mkdir -p "$home"
  echo '{"private": true}' >"$home/package.json"
  npm install --prefix "$home" --no-save --no-package-lock --ignore-scripts "$package@$VERSION" >&2
fi

say "Node $("$binary" --version) from $package"
# Mocha and the specs start Node by its path; what they start by its name finds the same one.
PATH="$PWD/${binary%/node}:$PATH" "$binary" node_modules/mocha/bin/mocha.js --forbid-only --fail-zero "${ELSEWHERE[@]/#/--ignore=}" "${SPECS[@]}"
