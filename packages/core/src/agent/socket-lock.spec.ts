import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { CoreError } from '../core-error';
import type { HeldLock } from './agent-lock';
import { SocketLock } from './socket-lock';

/** Namespaces of other types have identities of their own too, and nobody else locks these. */
const HERE = '/proc/self/ns/uts';
const ELSEWHERE = '/proc/self/ns/ipc';
const REGISTER = join(__dirname, '../../../../scripts/register.cjs');

const lock = new SocketLock();

function take(networkNamespace = HERE, nodeName = 'node-1'): Promise<HeldLock> {
  return lock.take({ nodeName, backend: 'fake', networkNamespace });
}

async function refusalOf(taking: Promise<HeldLock>): Promise<CoreError> {
  const error: unknown = await taking.then((held) => held.release()).catch((reason: unknown) => reason);
  if (error instanceof CoreError) return error;
  throw new Error(`no refusal: ${String(error)}`);
}

/** A process that tries to take the lock and says how that went, then stays. */
function startRival(): ChildProcess {
  const script = `
    const { SocketLock } = require(${JSON.stringify(join(__dirname, 'socket-lock.ts'))});
    new SocketLock().take({ nodeName: 'node-2', backend: 'fake', networkNamespace: '${HERE}' })
      .then(() => 'held', ({ code }) => code)
      .then((outcome) => process.send(outcome));
    process.on('disconnect', () => process.exit());`;
  return spawn(process.execPath, ['--conditions=@polyplane/source', '-r', REGISTER, '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

function outcomeOf(rival: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => rival.once('message', resolve));
}

function endOf(rival: ChildProcess): Promise<void> {
  return new Promise((resolve) => rival.once('close', () => resolve()));
}

describe('SocketLock', function () {
  this.timeout(60_000);

  const rivals: ChildProcess[] = [];
  const rival = (): ChildProcess => {
    const started = startRival();
    rivals.push(started);
    return started;
  };
  afterEach(async () => {
    for (const started of rivals.splice(0)) {
      if (started.exitCode !== null || started.signalCode !== null) continue;
      const ended = endOf(started);
      started.kill('SIGKILL');
      await ended;
    }
  });

  it('is held by one at a time, and says by whom', async () => {
    const held = await take();
    const { code, message } = await refusalOf(take(HERE, 'node-2'));
    await held.release();
    expect(code).to.equal('PP_AGENT_ALREADY_RUNNING');
    expect(message).to.equal(
      `a node agent of process ${process.pid} (node node-1, backend fake) is at work in the network namespace ${HERE} already`,
    );
    await (await take()).release();
  });

  it('is one for each network namespace', async () => {
    const held = [await take(HERE), await take(ELSEWHERE)];
    for (const one of held) await one.release();
  });

  it('goes to exactly one of many who ask at once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => take()));
    const held = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    for (const { value } of held) await value.release();
    expect(held).to.have.length(1);
  });

  it('goes to exactly one of several processes that start at once', async () => {
    const outcomes = await Promise.all([rival(), rival(), rival()].map(outcomeOf));
    expect(outcomes.sort()).to.deep.equal(['PP_AGENT_ALREADY_RUNNING', 'PP_AGENT_ALREADY_RUNNING', 'held']);
  });

  it('ends with its process, however that ends', async () => {
    const holder = rival();
    expect(await outcomeOf(holder)).to.equal('held');
    const ended = endOf(holder);
    expect((await refusalOf(take())).message).to.contain(`process ${holder.pid} (node node-2, backend fake)`);
    holder.kill('SIGKILL');
    await ended;
    await (await take()).release();
  });

  it('is told of a holder that stands still', async () => {
    const holder = rival();
    expect(await outcomeOf(holder)).to.equal('held');
    holder.kill('SIGSTOP');
    expect((await refusalOf(take())).message).to.match(new RegExp(`^a node agent of process ${holder.pid} is at work`));
  });

  it('believes no nonsense of whoever has the name', async () => {
    const impostor = createServer((asker) => asker.end('{"pid": "all", "nodeName": "\\u001b[2J"}'));
    const name = `\0polyplane/agent/net:[${statSync(HERE).ino}]`.padEnd(108, '.');
    await new Promise<void>((resolve) => impostor.listen(name, resolve));
    try {
      expect((await refusalOf(take())).message).to.match(
        new RegExp(`^a node agent of process ${process.pid} is at work`),
      );
    } finally {
      impostor.close();
    }
  });

  it('is refused where there is no such namespace', async () => {
    const { code, message } = await refusalOf(take('/run/netns/absent'));
    expect(code).to.equal('PP_BACKEND_UNUSABLE');
    expect(message).to.contain('there is no network namespace /run/netns/absent: ENOENT');
  });
});
