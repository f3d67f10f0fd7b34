// An OpenID provider with one web application, one machine and one person: node provider.mjs PORT KEYS.json
import { readFileSync } from 'node:fs'
import { Provider } from 'oidc-provider'

const [port, file] = process.argv.slice(2)
const jwks = JSON.parse(readFileSync(file, 'utf8'))
const scope = 'images:generate videos:generate jobs:manage'

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
    {
      client_id: 'robot',
      client_secret: 'robot-secret',
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
    },
  ],
  claims: { openid: ['sub', 'org_id', 'roles', 'auth_time'] },
  conformIdTokenClaims: false,
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, org_id: 'org_atelier', roles: ['admin'] }) }),
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
        audience: indicator.includes('other') ? 'another-server' : 'estampe',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: indicator.split('/').pop() } },
      }),
    },
  },
})

provider.listen(Number(port), '127.0.0.1')
