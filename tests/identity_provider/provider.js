// An OpenID Connect provider on loopback that believes whatever e-mail somebody enters.
//
//     node provider.js http://127.0.0.1:8501/oauth2callback
//
// prints its address once it answers, and ends with its standard input.
import { createServer } from 'node:http';
import Provider, { interactionPolicy } from 'oidc-provider';

const redirectUris = process.argv.slice(2);
const CLIENT = { client_id: 'aura', client_secret: 'a secret of tests only' };
const DAY = 24 * 60 * 60;

// What was entered last, by e-mail: whether it is verified, and how long tokens last.
const people = new Map();

// Streamlit asks for `select_account` unless it is told otherwise.
const policy = interactionPolicy.base();
policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);

const page = (uid) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Identity provider</title>
<h1>Identity provider</h1>
<form method="post" action="/interaction/${uid}">
  <label>E-mail <input name="email" required></label>
  <label><input type="checkbox" name="verified" checked> Verified</label>
  <label>Seconds <input name="seconds" type="number" value="${DAY}"></label>
  <button>Continue</button>
</form></html>`;

const configuration = {
  clients: [{
    ...CLIENT,
    redirect_uris: redirectUris,
    post_logout_redirect_uris: redirectUris,
  }],
  claims: { email: ['email', 'email_verified'], profile: ['name'] },
  // Streamlit reads nothing but the id token.
  conformIdTokenClaims: false,
  cookies: { keys: ['a key of tests only'] },
  features: { devInteractions: { enabled: false } },
  interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: DAY,
    Grant: DAY,
    IdToken: (ctx) => people.get(ctx.oidc.account.accountId).seconds,
    Interaction: DAY,
    Session: DAY,
  },
  findAccount: (_ctx, email) => people.has(email) && {
    accountId: email,
    claims: () => ({
      sub: email, email, email_verified: people.get(email).verified, name: 'Somebody',
    }),
  },
  // Whoever signs in consents.
  async loadExistingGrant(ctx) {
    const { client, session, provider } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
};

async function interact(provider, request, response) {
  const { uid } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page(uid));
    return;
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  const entered = new URLSearchParams(Buffer.concat(parts).toString());
  const email = entered.get('email');
  people.set(email, {
    verified: entered.has('verified'), seconds: Number(entered.get('seconds')),
  });
  await provider.interactionFinished(request, response, {
    select_account: {}, login: { accountId: email },
  });
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) {
      answer(request, response);
      return;
    }
    interact(provider, request, response).catch((error) => {
      response.statusCode = 400;
      response.end(String(error));
    });
  });
  console.log(issuer);
});
process.stdin.on('end', () => process.exit()).resume();
