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
  /** How each is ended, as soon as it is there. */
  readonly #ends = new Map<string, () => Promise<Snapshot>>()
  readonly #ending = new Map<string, Promise<Snapshot>>()
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
      const created = this.#create(body, maker)
      this.#ends.set(ask.key, async () => maker.cancel((await created).job_id))
      const { job_id } = await created
      this.#keys.set(job_id, ask.key)
      await listed(await this.#first(ask.key, job_id, maker))
    } finally {
      this.#open.write((open) => open.filter(({ key }) => key !== ask.key))
    }
  }

  /** It ends as soon as it is there. Throws what the server refuses: it goes on then, and may be ended again. */
  async cancel(key: string): Promise<Snapshot | null> {
    const ending = this.#ending.get(key) ?? this.#ends.get(key)?.()
    if (!ending) return null
    this.#ending.set(key, ending)
    this.#mark(key, true)
    try {
      return await ending
    } catch (error) {
      this.#ending.delete(key)
      this.#mark(key, false)
      throw error
    }
  }

  #mark(wanted: string, canceled: boolean): void {
    this.#open.write((open) => open.map((ask) => (ask.key === wanted ? { ...ask, canceled } : ask)))
  }

  /** The job as it is first seen: canceled, where it was by the time it could be read. */
  async #first(key: string, id: string, maker: Maker): Promise<Snapshot | null> {
    const read = () => maker.get(id).catch(() => null)
    const job = this.#ending.has(key) ? null : await read()
    return this.#ending.get(key)?.catch(() => job ?? read()) ?? job
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
