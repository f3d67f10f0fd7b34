/** What was asked for and is not yet in a list: any number at a time, each bought once. No React here. */

import { isEstampeError, newIdempotencyKey, type Accepted, type CreateOptions, type Snapshot } from '@estampe/client'
import type { Body } from './draft'
import { store } from './store'

export interface Ask {
  /** Names its card, from the click to the picture. */
  key: string
  body: Body
  canceled: boolean
  /** The jobs that were listed when it was made; undefined where no list was there yet. */
  before: ReadonlySet<string> | undefined
}

/** What makes it: `client.images` or `client.videos`. */
export interface Maker {
  create(body: Body, options: CreateOptions): Promise<Accepted>
  get(id: string): Promise<Snapshot>
  cancel(id: string): Promise<Snapshot>
}

export class Asks {
  readonly #open = store<Ask[]>([])
  readonly #keys = new Map<string, string>()
  /** Of requests whose answers were lost, by what they said. */
  readonly #lost = new Map<string, string[]>()
  #count = 0

  readonly read = this.#open.read
  readonly subscribe = this.#open.subscribe

  /** The key of the card that a job was asked for with, or one of its own. */
  keyOf(jobId: string): string {
    return this.#keys.get(jobId) ?? jobId
  }

  /** Whether it may be what is still being asked for: it came since, and was told of before the answer was there. */
  isAwaited({ job_id, parameters }: Snapshot): boolean {
    const isOf = ({ body, before }: Ask) => body.prompt === parameters.prompt && before?.has(job_id) === false
    return !this.#keys.has(job_id) && this.#open.read().some(isOf)
  }

  /** `listed` has the job, where it could be read, shown before its ask goes. Throws what the server refuses. */
  async make(
    body: Body,
    maker: Maker,
    listed: (job: Snapshot | null) => Promise<void>,
    before?: ReadonlySet<string>,
  ): Promise<void> {
    const ask: Ask = { key: `ask ${(this.#count += 1)}`, body, canceled: false, before }
    this.#open.write((open) => [ask, ...open])
    try {
      const { job_id } = await this.#create(body, maker)
      this.#keys.set(job_id, ask.key)
      const asking = this.#isCanceled(ask.key) ? maker.cancel(job_id) : maker.get(job_id)
      await listed(await asking.catch(() => null))
    } finally {
      this.#open.write((open) => open.filter(({ key }) => key !== ask.key))
    }
  }

  /** It ends as soon as it is there. */
  cancel(key: string): void {
    this.#open.write((open) => open.map((ask) => (ask.key === key ? { ...ask, canceled: true } : ask)))
  }

  #isCanceled(wanted: string): boolean {
    return !!this.#open.read().find(({ key }) => key === wanted)?.canceled
  }

  /** A request whose answer was lost may have made a job: the same request again is given that one. */
  async #create(body: Body, maker: Maker): Promise<Accepted> {
    const asked = JSON.stringify(body)
    const idempotencyKey = this.#lost.get(asked)?.pop() ?? newIdempotencyKey()
    try {
      return await maker.create(body, { idempotencyKey })
    } catch (error) {
      if (isEstampeError(error, 'connection_lost'))
        this.#lost.set(asked, [...(this.#lost.get(asked) ?? []), idempotencyKey])
      throw error
    }
  }
}
