/** Whoever is signed in at an issuer: tokens in memory, renewed in time, and the ways there and back. */

import { kept } from '../ui/kept'
import { BELOW } from '../server/place'
import type { Door } from './announced'
import { outOfSight } from './handed-back'
import { arrival, departure, refusal, renewal, wayOut, type Pending, type Tokens } from './oidc-flow'

const PENDING = 'estampe.sign-in'
/** Its value names the issuer where somebody was signed in: worth a try after a reload, and nothing that opens a door. */
const BEFORE = kept('issuer')
const AHEAD_MS = 20_000

export class OidcSession {
  readonly method: Door
  #tokens: Tokens
  #renewing: Promise<Tokens> | undefined

  constructor(method: Door, tokens: Tokens) {
    this.method = method
    this.#tokens = tokens
    BEFORE.write(method.issuer)
  }

  get claims() {
    return this.#tokens.claims
  }

  /** A token that lasts a little. Leaves the page where the issuer must be asked on its own. */
  async token(another: boolean): Promise<string> {
    const { endsAt } = this.#tokens
    if (!another && Date.now() < endsAt - AHEAD_MS) return this.#tokens.bearer
    this.#renewing ??= this.#renewed().finally(() => (this.#renewing = undefined))
    try {
      this.#tokens = await this.#renewing
    } catch (error) {
      if (another || Date.now() >= endsAt) throw error
    }
    return this.#tokens.bearer
  }

  async #renewed(): Promise<Tokens> {
    if (this.#tokens.refreshToken) {
      try {
        return await renewal(this.method, this.#tokens)
      } catch (error) {
        if (!refusal(error)) throw error // it does not answer: another try may do
      }
    }
    const found = await unseen(this.method).catch((error: unknown) => this.#asked(error))
    if (found.claims.sub !== this.claims.sub) throw new Error('The issuer named somebody else.')
    return found
  }

  /** Many browsers keep another site's cookies from a frame: the issuer may know the person all the same. */
  async #asked(error: unknown): Promise<never> {
    if (refusal(error)?.code !== 'login_required' || Date.now() < this.#tokens.endsAt) throw error
    await leave(this.method, true)
    return new Promise<never>(() => {})
  }

  /** Whether the browser leaves for the issuer, to end the session there too. */
  end(): boolean {
    BEFORE.write('')
    const out = wayOut(this.method, this.#tokens.idToken)
    if (out) location.assign(out)
    return out !== null
  }
}

/** Sends the person to the issuer; `silent`, to come straight back. */
export async function leave(method: Door, silent = false): Promise<void> {
  const back = location.pathname.slice(BELOW.length) + location.search
  const [url, pending] = await departure(method, back, silent)
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  location.assign(url)
}

/** A sign-in that nobody sees, in a hidden frame. Throws what the issuer refused. */
async function unseen(method: Door): Promise<Tokens> {
  const [url, pending] = await departure(method, '', true)
  return arrival(method, await outOfSight(url), pending)
}

let arriving: ReturnType<typeof arrived> | undefined

/** Who is here: whoever comes back from an issuer, or was here before. Throws what went wrong. Asked once a page. */
export const whoIsHere = (methods: Door[]) => (arriving ??= arrived(methods))

async function arrived(methods: Door[]): Promise<OidcSession | null> {
  const { pending, search } = returned()
  const method = methods.find(({ issuer }) => issuer === (pending?.issuer ?? BEFORE.read()))
  if (!method) return null
  if (pending) return comesBack(method, search, pending)
  try {
    return new OidcSession(method, await unseen(method))
  } catch (error) {
    if (refusal(error)?.code !== 'login_required') throw error
    await leave(method, true)
    return new Promise<never>(() => {})
  }
}

async function comesBack(method: Door, search: string, pending: Pending): Promise<OidcSession | null> {
  try {
    return new OidcSession(method, await arrival(method, search, pending))
  } catch (error) {
    BEFORE.write('')
    throw error
  }
}

/** What the issuer sent the person back with; it is in the address no longer than that. */
function returned(): { pending?: Pending; search: string } {
  const { search } = location
  const said = new URLSearchParams(search)
  if (!said.has('state') || !(said.has('code') || said.has('error'))) return { search }
  const stored = sessionStorage.getItem(PENDING)
  sessionStorage.removeItem(PENDING)
  const pending = stored ? (JSON.parse(stored) as Pending) : undefined
  const back = pending?.back.startsWith('/') ? pending.back : '/'
  history.replaceState(null, '', BELOW + back)
  return { search, ...(pending && { pending }) }
}
