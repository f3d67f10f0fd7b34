/** Somebody new for each test: tokens of the live service's own issuer, and what they have asked for so far. */

import { randomUUID } from 'node:crypto'
import { Estampe, type Options, type TokenSource } from '@estampe/client'

export const serviceUrl = process.env['TESTS_SERVICE_URL']!
export const receptionUrl = process.env['TESTS_RECEPTION_URL']!

/** What is quickly made. */
export const small = { width: 64, height: 64 }

export async function issue(user: string, ttlSeconds = 600, more = ''): Promise<string> {
  const answer = await fetch(`${receptionUrl}/token?user=${user}&ttl=${ttlSeconds}${more}`)
  return answer.text()
}

export async function restartService(): Promise<void> {
  await fetch(`${receptionUrl}/restart`, { method: 'POST' })
}

export class Person {
  readonly user = `user_${randomUUID().slice(0, 8)}`
  /** What the token source was asked with, in order. */
  readonly asked: ('any' | 'fresh')[] = []
  readonly requests: Request[] = []

  /** Gives tokens that live so long: the first is for the first question, the last for all that follow. */
  source(...livesInSeconds: number[]): TokenSource {
    return (options) => {
      const life = livesInSeconds[Math.min(this.asked.length, livesInSeconds.length - 1)] ?? 600
      this.asked.push(options?.skipCache ? 'fresh' : 'any')
      return issue(this.user, life)
    }
  }

  client(token: Options['token'] = this.source(), more: Partial<Options> = {}): Estampe {
    return new Estampe({ baseUrl: serviceUrl, language: 'fr', token, fetch: this.fetch, ...more })
  }

  /** The real one, and a note of each request. */
  readonly fetch: typeof fetch = (input, init) => {
    this.requests.push(new Request(input, init))
    return fetch(input, init)
  }

  /** Their jobs as the server has them. */
  async jobs() {
    return (await this.client(await issue(this.user)).jobs.list()).jobs
  }
}
