/** One server, asked as one person: every request passes here, with its token, its limits and its further tries. */

import { isEstampeError, Refused, unanswered } from './errors.js'
import type { Problem } from './generated.js'
import { pageLanguage, type Language } from './language.js'
import { backoffMs, limit, pause, within } from './time.js'
import { Tokens, type Token } from './token.js'

export interface Options {
  /** Where the server is: `NEXT_PUBLIC_ESTAMPE_URL` or `ESTAMPE_URL`, else http://127.0.0.1:9006. */
  baseUrl?: string | undefined
  /** A string, or what gives one: with a function, the token is renewed when it must be. */
  token: Token
  /** Of errors: the page's, and French where there is none. */
  language?: Language | undefined
  fetch?: typeof fetch | undefined
  /** Further tries of a request; each waits longer. 4 by default. */
  retries?: number | undefined
  /** How long one try may take: 30 seconds by default. */
  timeoutMs?: number | undefined
}

export interface Call {
  method?: 'POST' | 'DELETE'
  query?: object | undefined
  json?: object | undefined
  body?: Blob
  headers?: Record<string, string | undefined>
  signal?: AbortSignal | undefined
  timeoutMs?: number
  retries?: number
  /** The body is read later, for as long as it takes. */
  open?: boolean
  /** Doing it twice would do it twice: no further try unless the server turned it away at the door. */
  once?: boolean
  /** It goes on when the page that asks is left. */
  keepalive?: boolean | undefined
}

const PASSING = [408, 429, 500, 502, 503, 504]
/** Said at the door, before anything was done: even what must not be done twice may be asked again. */
const AT_THE_DOOR = ['rate_limited', 'draining', 'limits_unavailable', 'identity_provider_unavailable']
const LONGEST_PAUSE_SECONDS = 120
const TOKEN_PATIENCE_MS = 60_000

export class Connection {
  readonly baseUrl: string
  readonly language: Language
  readonly #options: Options
  readonly #tokens: Tokens

  constructor(options: Options) {
    this.#options = options
    this.baseUrl = (options.baseUrl || environment() || 'http://127.0.0.1:9006').replace(/\/+$/, '')
    this.language = options.language ?? pageLanguage()
    this.#tokens = new Tokens(options.token, this.language)
  }

  /** The JSON of the answer; undefined where it has none. */
  read<T>(path: string, call: Call = {}): Promise<T> {
    return this.send(path, call, async (answer) => (answer.status === 204 ? undefined : await answer.json()) as T)
  }

  /** What `take` makes of the answer, after as many tries as it takes. */
  async send<T>(path: string, call: Call, take: (answer: Response) => T | Promise<T>): Promise<T> {
    const retries = call.retries ?? this.#options.retries ?? 4
    for (let failures = 0, refused: string | undefined; ;) {
      call.signal?.throwIfAborted()
      let token: string | undefined
      try {
        token = await this.token(refused, call.signal)
        return await this.#ask(path, call, token, take)
      } catch (error) {
        if (call.signal?.aborted) throw call.signal.reason
        if (refused === undefined && isTokenRefused(error) && (await this.#hasAnother(token!, call.signal))) {
          refused = token
          continue
        }
        const wait = failures < retries ? pauseBefore(error, failures++, call.once) : undefined
        if (wait === undefined) throw error
        await pause(wait, call.signal)
      }
    }
  }

  /** The token to send now, or another than the one that was refused. */
  token(refused?: string, signal?: AbortSignal): Promise<string> {
    return within(TOKEN_PATIENCE_MS, () => this.#tokens.get(refused), signal)
  }

  async #hasAnother(token: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.token(token, signal)) !== token
  }

  async #ask<T>(path: string, call: Call, token: string, take: (answer: Response) => T | Promise<T>): Promise<T> {
    const { fetch: ask = fetch, timeoutMs = 30_000 } = this.#options
    const limited = limit(call.timeoutMs ?? timeoutMs, call.signal)
    try {
      const answer = await ask(this.baseUrl + path + queryString(call.query), {
        method: call.method ?? 'GET',
        headers: headers(call, token, this.language),
        body: call.json ? JSON.stringify(call.json) : (call.body ?? null),
        signal: limited.signal,
        cache: 'no-store',
        ...(call.keepalive && { keepalive: true }),
      })
      if (!answer.ok) throw await refusal(answer)
      const taken = await take(answer)
      call.open ? limited.relax() : limited.end()
      return taken
    } catch (error) {
      limited.end()
      throw unanswered(error, this.language)
    }
  }
}

/** Bundlers write the value of a NEXT_PUBLIC_ variable in the place of its name; a browser has no `process`. */
function environment(): string | undefined {
  try {
    return process.env.NEXT_PUBLIC_ESTAMPE_URL || process.env.ESTAMPE_URL
  } catch {
    return undefined
  }
}

declare const process: { env: { NEXT_PUBLIC_ESTAMPE_URL?: string; ESTAMPE_URL?: string } }

function headers(call: Call, token: string, language: Language): Record<string, string> {
  const said: Record<string, string | undefined> = {
    Authorization: `Bearer ${token}`,
    'Accept-Language': language,
    'Content-Type': call.json ? 'application/json' : undefined,
    ...call.headers,
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value)) as Record<string, string>
}

function queryString(query: object = {}): string {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  return said.length ? `?${new URLSearchParams(said.map(([name, value]) => [name, String(value)]))}` : ''
}

async function refusal(answer: Response): Promise<Refused> {
  const problem = (await answer.json().catch(() => ({}))) as Partial<Problem> | null
  return new Refused(answer.status, problem ?? {}, Number(answer.headers.get('Retry-After')) || undefined)
}

const isTokenRefused = (error: unknown): boolean =>
  error instanceof Refused && error.status === 401 && error.code.startsWith('token_')

/** How long to wait before another try; undefined where that would not help, or could do the thing twice. */
export function pauseBefore(error: unknown, failures: number, once = false): number | undefined {
  const backoff = backoffMs(failures)
  if (!(error instanceof Refused)) return isLost(error) && !once ? backoff : undefined
  const said = error.retryAfterSeconds ?? 0
  const helps = PASSING.includes(error.status) || error.code === 'idempotency_in_progress'
  const safe = !once || AT_THE_DOOR.includes(error.code)
  return helps && safe && said <= LONGEST_PAUSE_SECONDS ? Math.max(backoff, said * 1000) : undefined
}

/**
 * The same for whoever goes on listening, while a job or a stream goes on anyway: what is no answer of the server's, as
 * the page that a proxy shows in its place, passes too.
 */
export function pauseAmid(error: unknown, failures: number): number | undefined {
  return pauseBefore(error, failures) ?? (isEstampeError(error, 'unexpected_answer') ? backoffMs(failures) : undefined)
}

const isLost = (error: unknown): boolean => isEstampeError(error, 'connection_lost')
