import { expect } from 'chai';
import { readAffinityLimit } from './affinity-limit';

describe('readAffinityLimit', () => {
  const messageFor = async (exitCode: number, stdout: string): Promise<string> => {
    const [limit] = await readAffinityLimit({ run: async () => ({ exitCode, stdout, stderr: '' }) });
    return limit?.message ?? '';
  };

  it('says how many clients the kernel’s module remembers', async () => {
    expect(await messageFor(0, '10000\n')).to.match(/^This host remembers 10000 clients for each endpoint/);
  });

  it('takes the kernel’s default where the host does not say', async () => {
    for (const [exitCode, stdout] of [
      [1, ''],
      [0, ''],
      [0, 'many\n'],
      [0, '0\n'],
    ] as const) {
      expect(await messageFor(exitCode, stdout)).to.match(/^This host remembers 100 clients/);
    }
  });

  it('warns, and takes no service’s affinity away', async () => {
    const [limit] = await readAffinityLimit({ run: async () => ({ exitCode: 0, stdout: '100', stderr: '' }) });
    expect(limit).to.include({ feature: 'sessionAffinity', support: 'degraded', effect: 'warn' });
  });
});
