/** Who is asking: a token, cached for as long as it lives, renewed ahead of its end and by one request at a time. */

import { EstampeError, unanswered } from './errors.js'
import { say, type Language } from './language.js'
import { within } from './time.js'

export interface TokenRequest {
  /** A token that was never given before: the last one was refused. */
  skipCache: boolean
  /** Never set. It is there for sources that take nothing else of this, as Clerk's on a server. */
  template?: never
}

type Given = string | null | undefined

/** Gives a token, or null when nobody is signed in. Clerk's `getToken` is one, in a browser and on a server. */
export type TokenSource = (request?: TokenRequest) => Given | Promise<Given>

export type Token = string | TokenSource

interface Held {
  token: string
  staleAt: number
  endsAt: number
}

const PATIENCE_MS = 20_000
const AHEAD_MS = 15_000
const LEAST_MS = 5_000

/** `token` itself. Throws where there is none, or what no header can carry, and never repeats it. */
export function checked(token: unknown, language: Language): string {
  const bare = typeof token === 'string' ? token.trim() : ''
  if (!bare || bare === 'undefined' || bare === 'null') {
    throw new EstampeError('token_missing', say('token_missing', language))
  }
  if (!/^[!-~]+$/.test(bare)) throw new EstampeError('token_invalid', say('token_invalid', language))
  return bare
}

export class Tokens {
  readonly #source: Token
  readonly #language: Language
  #held: Held | undefined
  #asking: Promise<string> | undefined

  constructor(source: Token, language: Language) {
    this.#source = source
    this.#language = language
  }

  /** A token that will last a little; never `refused` again, if the source has another. */
  async get(refused?: string): Promise<string> {
    if (typeof this.#source !== 'function') return checked(this.#source, this.#language)
    const held = this.#held
    const now = performance.now()
    if (held && held.token !== refused && now < held.endsAt) {
      if (now >= held.staleAt) this.#ask(false).catch(() => {})
      return held.token
    }
    if (this.#asking) {
      const token = await this.#asking
      if (token !== refused) return token
    }
    return this.#ask(refused !== undefined)
  }

  #ask(skipCache: boolean): Promise<string> {
    return (this.#asking ??= this.#renewed(skipCache).finally(() => (this.#asking = undefined)))
  }

  async #renewed(skipCache: boolean): Promise<string> {
    const asked = performance.now()
    const held = this.#held
    let token = await this.#given(skipCache)
    if (!skipCache && held && token === held.token && asked >= held.endsAt) token = await this.#given(true)
    if (token !== held?.token) this.#held = timed(token, asked)
    return token
  }

  async #given(skipCache: boolean): Promise<string> {
    const source = this.#source as TokenSource
    const given = within(PATIENCE_MS, async () => source(skipCache ? { skipCache } : undefined))
    return checked(
      await given.catch((cause) => {
        throw unanswered(cause, this.#language)
      }),
      this.#language,
    )
  }
}

/**
 * Until when to use it, by elapsed time: the clocks of browser and server may differ by more than a token lives.
 * What says nothing of its end is not held; its source knows better.
 */
function timed(token: string, asked: number): Held | undefined {
  const life = lifeMs(token)
  if (!life) return undefined
  const ahead = Math.min(AHEAD_MS, life / 4) * (0.8 + Math.random() / 5)
  return { token, staleAt: asked + life - ahead, endsAt: asked + life - Math.min(LEAST_MS, life / 10) }
}

/** What is left of a token just received. The source may have kept it a while: the clock is believed if it can be. */
function lifeMs(token: string): number | undefined {
  try {
    const { exp, iat } = JSON.parse(atob(token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/')))
    const left = exp * 1000 - Date.now()
    const whole = (exp - iat) * 1000 || left
    return left > 0 && left < whole ? left : whole > 0 ? whole : undefined
  } catch {
    return undefined
  }
}
