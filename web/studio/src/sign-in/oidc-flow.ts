/** The code flow with PKCE at one issuer: the address to send a person to, and what comes back made into tokens. */

import * as oauth from 'oauth4webapi'
import { SERVER } from '../server/place'
import type { Door } from './announced'

/** What is kept between leaving and coming back; of no use to anybody without the code, and used once. */
export interface Pending {
  issuer: string
  state: string
  nonce: string
  verifier: string
  /** Where the person was, below the page's base. */
  back: string
  /** Nobody was to be asked anything. */
  silent: boolean
}

/** In memory alone. */
export interface Tokens {
  /** The one that this server takes. */
  bearer: string
  /** In the browser's time; Infinity where the issuer does not say. */
  endsAt: number
  idToken: string | undefined
  refreshToken: string | undefined
  claims: oauth.IDToken
}

/** Registered at the issuer: the page itself. */
export const RETURN_TO = `${SERVER}/`

const PATIENCE_MS = 15_000
// The tokens come straight from the issuer, and this server verifies them: any algorithm that signs will do.
const ALGORITHMS = ['RS', 'PS', 'ES'].flatMap((family) => [256, 384, 512].map((size) => family + size))

const serverOf = (method: Door): oauth.AuthorizationServer => ({
  issuer: method.issuer,
  authorization_endpoint: method.authorization_endpoint,
  token_endpoint: method.token_endpoint,
  id_token_signing_alg_values_supported: [...ALGORITHMS, 'EdDSA', 'Ed25519'],
})

const asking = ({ token_endpoint }: Door) => ({
  signal: () => AbortSignal.timeout(PATIENCE_MS),
  // The server announces plain http for an issuer on its own machine only.
  [oauth.allowInsecureRequests]: token_endpoint.startsWith('http:'),
})

const forWhom = ({ audience, resource }: Door) => ({
  ...(audience && { audience }),
  ...(resource && { resource }),
})

/** Where to go, and what to keep meanwhile. */
export async function departure(method: Door, back: string, silent: boolean): Promise<[URL, Pending]> {
  const verifier = oauth.generateRandomCodeVerifier()
  const kept = { state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier }
  const url = new URL(method.authorization_endpoint)
  const asked = {
    client_id: method.client_id,
    response_type: 'code',
    redirect_uri: RETURN_TO,
    scope: method.scopes.join(' '),
    state: kept.state,
    nonce: kept.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...forWhom(method),
    ...(silent && { prompt: 'none' }),
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  return [url, { issuer: method.issuer, back, silent, ...kept }]
}

/** Throws what the issuer refused, and whatever does not fit what was asked. */
export async function arrival(method: Door, search: string, pending: Pending): Promise<Tokens> {
  const [server, client] = [serverOf(method), { client_id: method.client_id }]
  const said = oauth.validateAuthResponse(server, client, new URLSearchParams(search), pending.state)
  const answer = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    said,
    RETURN_TO,
    pending.verifier,
    { ...asking(method), additionalParameters: forWhom(method) },
  )
  const found = await oauth.processAuthorizationCodeResponse(server, client, answer, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
  })
  return kept(method, found)
}

/** Throws where the issuer gives no other. */
export async function renewal(method: Door, last: Tokens): Promise<Tokens> {
  if (!last.refreshToken) throw new Error('There is nothing to renew with.')
  const [server, client] = [serverOf(method), { client_id: method.client_id }]
  const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), last.refreshToken, {
    ...asking(method),
    additionalParameters: forWhom(method),
  })
  const found = await oauth.processRefreshTokenResponse(server, client, answer)
  const now = kept(method, found, last)
  if (now.claims.sub !== last.claims.sub) throw new Error('The issuer named somebody else.')
  return now
}

/** Ends the session at the issuer too, where it has an address for that. */
export function wayOut(method: Door, idToken: string | undefined): URL | null {
  if (!method.end_session_endpoint) return null
  const url = new URL(method.end_session_endpoint)
  url.searchParams.set('client_id', method.client_id)
  url.searchParams.set('post_logout_redirect_uri', RETURN_TO)
  if (idToken) url.searchParams.set('id_token_hint', idToken)
  return url
}

function kept(method: Door, found: oauth.TokenEndpointResponse, last?: Tokens): Tokens {
  const claims = oauth.getValidatedIdTokenClaims(found)
  const bearer = method.token === 'id_token' ? found.id_token : found.access_token
  if (!bearer || !(claims ?? last)) throw new Error('The issuer gave no token that this server takes.')
  const now = Date.now()
  const named = method.token === 'id_token' && claims ? claims.exp * 1000 : now + (found.expires_in ?? Infinity) * 1000
  return {
    bearer,
    endsAt: named,
    idToken: found.id_token ?? last?.idToken,
    refreshToken: found.refresh_token ?? last?.refreshToken,
    claims: claims ?? last!.claims,
  }
}

/** The issuer's own word for why it refused: `login_required`, `access_denied`. */
export function refusal(error: unknown): { code: string; told: string | undefined } | undefined {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError)
    return { code: error.error, told: error.error_description }
  return undefined
}
