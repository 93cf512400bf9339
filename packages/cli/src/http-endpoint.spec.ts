import { expect } from 'chai';
import { CliError } from './cli-error';
import { type HttpEndpoint, jsonAnswer, openHttpEndpoint } from './http-endpoint';

describe('an HTTP endpoint', () => {
  let endpoint: HttpEndpoint;
  before(async () => {
    endpoint = await openHttpEndpoint(
      { host: '127.0.0.1', port: 0 },
      {
        '/status': () => jsonAnswer({ phase: 'idle' }),
        '/readyz': () => ({ status: 503, contentType: 'text/plain', body: 'not yet\n' }),
        '/broken': () => {
          throw new Error('no answer');
        },
      },
    );
  });
  after(() => endpoint.close());

  it('answers on its paths, whatever the query', async () => {
    const response = await fetch(`${endpoint.url}/status?verbose`);
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({ phase: 'idle' });
  });

  it('answers with the status of the route', async () => {
    expect((await fetch(`${endpoint.url}/readyz`)).status).to.equal(503);
  });

  it('knows no other path, not even those that every object has', async () => {
    for (const path of ['/', '/statusx', '/constructor', '/__proto__']) {
      expect((await fetch(`${endpoint.url}${path}`)).status, path).to.equal(404);
    }
  });

  it('changes nothing: only GET is answered', async () => {
    expect((await fetch(`${endpoint.url}/status`, { method: 'POST' })).status).to.equal(405);
  });

  it('stays up when a route fails', async () => {
    expect((await fetch(`${endpoint.url}/broken`)).status).to.equal(500);
    expect((await fetch(`${endpoint.url}/status`)).status).to.equal(200);
  });

  it('is refused when the address is taken', async () => {
    const port = Number(new URL(endpoint.url).port);
    const error: unknown = await openHttpEndpoint({ host: '127.0.0.1', port }, {}).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(CliError).with.property('code', 'PP_CLI_HOST_UNABLE');
  });
});
