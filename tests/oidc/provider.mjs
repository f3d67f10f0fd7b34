// An OpenID provider with two web applications, one machine and one person: node provider.mjs PORT KEYS.json [PAGE...]
// Each PAGE is an address of a studio: its tokens last seconds, and one client of two is given what renews them.
import { readFileSync } from 'node:fs'
import { Provider } from 'oidc-provider'

const [port, file, ...pages] = process.argv.slice(2)
const jwks = JSON.parse(readFileSync(file, 'utf8'))
const scope = 'images:generate videos:generate jobs:manage'

const PAGE_SECONDS = 4
const isPage = ({ clientId }) => clientId.startsWith('page')
const page = (client_id, ...grant_types) => ({
  client_id,
  token_endpoint_auth_method: 'none',
  redirect_uris: pages,
  post_logout_redirect_uris: pages,
  grant_types: ['authorization_code', ...grant_types],
  response_types: ['code'],
})

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks,
  clients: [
    {
      client_id: 'studio',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
    ...(pages.length ? [page('page', 'refresh_token'), page('page-that-asks-again')] : []),
    {
      client_id: 'robot',
      client_secret: 'robot-secret',
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
    },
  ],
  claims: { openid: ['sub', 'org_id', 'roles', 'auth_time'], profile: ['name'] },
  conformIdTokenClaims: false,
  // A page asks from its own origin; each sign-in of a page may be renewed for as long as its person is known here.
  clientBasedCORS: (_, origin, client) => isPage(client) && pages.includes(`${origin}/`),
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  ttl: { IdToken: (_, token, client) => (isPage(client) ? PAGE_SECONDS : 3600) },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, name: `Dr ${sub}`, org_id: 'org_atelier', roles: ['admin'] }) }),
  extraTokenClaims: (_, token) => (token.accountId ? { org_id: 'org_atelier', roles: ['admin'] } : undefined),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      // The address of the resource ends in the algorithm that its tokens are to be signed with.
      getResourceServerInfo: (_, indicator) => ({
        scope,
        audience: indicator.includes('other') ? 'another-server' : indicator.includes('studio') ? indicator : 'estampe',
        accessTokenFormat: 'jwt',
        accessTokenTTL: indicator.includes('studio') ? PAGE_SECONDS : 3600,
        jwt: { sign: { alg: indicator.split('/').pop() } },
      }),
    },
  },
})

provider.listen(Number(port), '127.0.0.1')
