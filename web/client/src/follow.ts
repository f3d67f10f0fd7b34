/** A job, from now to its end: by stream, by asking where streams do not come through, over restarts and sleep. */

import { pauseAmid, type Connection } from './connection.js'
import { EstampeError, JobUnsuccessful } from './errors.js'
import type { Progress, Snapshot, Status } from './generated.js'
import { say } from './language.js'
import { listen, type RawEvent } from './stream.js'
import { limit, pause } from './time.js'

/** A first look at what is being made: an image in base64. */
export interface Preview {
  job_id: string
  media_type: string
  data: string
}

/** How far a job is, and where in line. */
export interface Moved {
  job_id: string
  status: Status
  queue_position: number | null
  progress: Progress | null
}

/** What is news, and the job as it stands with it. */
export type JobEvent =
  | { type: 'snapshot' | 'status' | 'progress' | 'done'; job: Snapshot }
  | { type: 'preview'; job: Snapshot; preview: Preview }

export interface WaitOptions {
  /** Called with the job each time it is news: status, place in line, progress. */
  onProgress?: ((job: Snapshot) => void) | undefined
  /** Ends the wait, not the job. */
  signal?: AbortSignal | undefined
  /** Ends the wait with `timed_out`; without it the wait is as long as the job. */
  timeoutMs?: number | undefined
}

const ENDED: Status[] = ['succeeded', 'failed', 'canceled', 'expired']
/** Failures in a row, each after a longer pause: about five minutes without an answer. */
const PATIENCE = 40
/** Browsers open six connections to a server: the rest of the page needs some. */
const MOST_HELD = typeof document === 'undefined' ? Infinity : 3
const LONG_POLL_SECONDS = 20
const SHORTEST_STREAM_MS = 1000
let held = 0

export const hasEnded = (job: { status: Status }): boolean => ENDED.includes(job.status)

/** What happens to a job; the last event is `done`. Throws when the server says no, or nothing for five minutes. */
export async function* follow(connection: Connection, id: string, signal?: AbortSignal): AsyncGenerator<JobEvent> {
  const following = new Following(connection, id, signal)
  try {
    while (!following.ended) {
      yield* following.streamed()
      yield* following.asked()
    }
  } catch (error) {
    if (error instanceof EstampeError) error.jobId = id
    throw error
  }
}

/** The job once it has ended, however it ended. */
export async function wait(connection: Connection, id: string, options: WaitOptions = {}): Promise<Snapshot> {
  const { onProgress, signal, timeoutMs } = options
  const limited = timeoutMs === undefined ? undefined : limit(timeoutMs, signal)
  try {
    for await (const { type, job } of follow(connection, id, limited?.signal ?? signal)) {
      if (type !== 'preview') onProgress?.(job)
      if (type === 'done') return job
    }
  } catch (error) {
    if (error !== limited?.signal.reason || signal?.aborted) throw error
  } finally {
    limited?.end()
  }
  const late = new EstampeError('timed_out', say('timed_out', connection.language))
  late.jobId = id
  throw late
}

/** The job, if it succeeded. Throws `JobUnsuccessful` for every other end. */
export function succeeded(job: Snapshot, connection: Connection): Snapshot {
  if (job.status !== 'succeeded') throw new JobUnsuccessful(job, connection.language)
  return job
}

class Following {
  readonly #connection: Connection
  readonly #path: string
  readonly #signal: AbortSignal | undefined
  #job: Snapshot | undefined
  #etag: string | undefined
  /** Streams in a row that brought nothing while the server answered: there is something in between. */
  #broken = 0
  #failures = 0

  constructor(connection: Connection, id: string, signal: AbortSignal | undefined) {
    this.#connection = connection
    this.#path = `/api/jobs/${encodeURIComponent(id)}`
    this.#signal = signal
  }

  get ended(): boolean {
    return !!this.#job && hasEnded(this.#job)
  }

  /** One stream after another, as long as they bring something. */
  async *streamed(): AsyncGenerator<JobEvent> {
    while (held < MOST_HELD && !this.ended) {
      const began = performance.now()
      this.#broken += 1 // until it brings something
      held += 1
      try {
        yield* this.#stream()
      } catch (error) {
        if (this.#signal?.aborted || pauseAmid(error, 0) === undefined) throw error
        return
      } finally {
        held -= 1
      }
      if (this.#broken || performance.now() - began < SHORTEST_STREAM_MS) return
    }
  }

  async *#stream(): AsyncGenerator<JobEvent> {
    const token = await this.#connection.token(undefined, this.#signal)
    for await (const event of listen(this.#connection, `${this.#path}/events`, this.#signal)) {
      if (event.name === 'bye') return
      if (event.name === 'reauthenticate') return void (await this.#connection.token(token, this.#signal))
      this.#broken = this.#failures = 0
      const news = this.#heard(event)
      if (news) yield news
      if (this.ended) return
    }
  }

  #heard({ name, data }: RawEvent): JobEvent | undefined {
    const said = JSON.parse(data)
    if (name === 'snapshot' || name === 'status' || name === 'done') {
      this.#job = said as Snapshot
      return { type: this.ended ? 'done' : name, job: this.#job }
    }
    if (!this.#job) return undefined
    if (name === 'preview') return { type: name, job: this.#job, preview: said as Preview }
    if (name !== 'progress') return undefined
    this.#job = { ...this.#job, ...(said as Moved) }
    return { type: name, job: this.#job }
  }

  /** Asks for as long as streams are not worth another try. */
  async *asked(): AsyncGenerator<JobEvent> {
    for (let left = 4 ** Math.min(this.#broken, 4); left > 0 && !this.ended; left -= 1) {
      try {
        const job = await this.#ask()
        this.#failures = 0
        yield { type: this.ended ? 'done' : 'status', job }
        if (!this.ended) await pause(this.#paceMs(), this.#signal)
      } catch (error) {
        const wait = pauseAmid(error, (this.#failures += 1))
        if (this.#signal?.aborted || wait === undefined || this.#failures > PATIENCE) throw error
        await pause(wait, this.#signal)
        this.#broken = 0
        left = 2
      }
    }
  }

  /** In a stream's place the server may hold the question until there is news. */
  async #ask(): Promise<Snapshot> {
    const long = this.#broken > 0 && this.#etag !== undefined && held < MOST_HELD
    const query = long ? { wait: LONG_POLL_SECONDS } : {}
    const call = { query, headers: { 'If-None-Match': this.#etag }, signal: this.#signal, retries: 0 }
    if (long) held += 1
    try {
      return await this.#connection.send(this.#path, call, async (answer) => {
        this.#etag = answer.headers.get('ETag') ?? undefined
        return (this.#job = (await answer.json()) as Snapshot)
      })
    } finally {
      if (long) held -= 1
    }
  }

  /** The farther from its turn a job is, the less there is to see: as the server's own `poll_after_ms`. */
  #paceMs(): number {
    return Math.min(500 * (2 + (this.#job?.queue_position ?? 0)), 5000)
  }
}
