/** One thing being made, from the click to the result; no React here, so that no render can start it twice. */

import { hasEnded, JobUnsuccessful, isEstampeError, newIdempotencyKey } from '@estampe/client'
import type { Accepted, CallOptions, CreateOptions, Progress, Snapshot, Status, WaitOptions } from '@estampe/client'

export interface GenerationState {
  /** `creating` until the server has the job; then as the job says. An error of ours is `failed` too. */
  status: 'idle' | 'creating' | Status
  job: Snapshot | null
  progress: Progress | null
  /** The job, once it succeeded. */
  result: Snapshot | null
  error: Error | null
  isLoading: boolean
}

/** What makes it: `client.images` or `client.videos`. */
export interface Maker<Parameters> {
  create(parameters: Parameters, options: CreateOptions): Promise<Accepted>
  wait(id: string, options: WaitOptions): Promise<Snapshot>
  cancel(id: string, options?: CallOptions): Promise<Snapshot>
}

export interface Work<Parameters> {
  /** Throws where it may not be asked. */
  maker: () => Maker<Parameters>
  /** Told of each change of the job. */
  onJob?: (job: Snapshot) => void
}

interface Run<Parameters> {
  stop: AbortController
  work: Work<Parameters>
  maker?: Maker<Parameters>
  jobId?: string
  canceled?: boolean
  promise: Promise<Snapshot>
}

const IDLE: GenerationState = {
  status: 'idle',
  job: null,
  progress: null,
  result: null,
  error: null,
  isLoading: false,
}

export class Generation<Parameters extends object> {
  #state = IDLE
  #run: Run<Parameters> | undefined
  #left: Run<Parameters> | undefined
  #lost: { asked: string; key: string } | undefined
  readonly #listeners = new Set<() => void>()
  #watchers = 0
  #owner: unknown

  readonly read = (): GenerationState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Whoever looks on. When the last one leaves, the wait ends, not the job, and goes on when one comes back; React's
   * strict mode comes back at once. Another `owner` than before is another person, who sees nothing of this.
   */
  attach(owner: unknown): () => void {
    if (this.#owner !== undefined && this.#owner !== owner) this.reset()
    this.#owner = owner
    this.#watchers += 1
    const left = this.#left
    this.#left = undefined
    if (left?.jobId) this.resume(left.jobId, left.work)
    else if (left) this.reset()
    return () => {
      this.#watchers -= 1
      setTimeout(() => this.#watchers || this.#leave())
    }
  }

  /** The job, once it succeeded. While one is being made, a second call is given the first one's. */
  start(parameters: Parameters, work: Work<Parameters>): Promise<Snapshot> {
    return this.#begin(work, (maker) => this.#create(maker, parameters))
  }

  /** Waits for a job that there is already, after a reload or a lost connection. */
  resume(jobId: string, work: Work<Parameters>): Promise<Snapshot> {
    return this.#begin(work, async () => jobId)
  }

  /** Ends the job; one that is still being asked for ends as soon as it is there. */
  cancel(): Promise<void> {
    const canceled = this.#cancel(this.#run)
    canceled.catch(() => {}) // as below
    return canceled
  }

  /** Forgets the job and lets it go on. */
  reset(): void {
    this.#run?.stop.abort()
    this.#run = this.#left = undefined
    if (this.#state !== IDLE) this.#set(IDLE)
  }

  #leave(): void {
    this.#left = this.#run
    this.#run?.stop.abort()
    this.#run = undefined
  }

  async #cancel(run: Run<Parameters> | undefined): Promise<void> {
    if (!run) return
    run.canceled = true
    try {
      if (run.jobId) await run.maker!.cancel(run.jobId)
    } catch (error) {
      this.#tell(run, { ...this.#state, error: error as Error })
      throw error
    }
  }

  #begin(work: Work<Parameters>, ask: (maker: Maker<Parameters>) => Promise<string>): Promise<Snapshot> {
    if (this.#run) return this.#run.promise
    const run = { stop: new AbortController(), work } as Run<Parameters>
    this.#run = run
    run.promise = this.#work(run, ask)
    run.promise.catch(() => {}) // it is in `error`: nobody has to catch it
    return run.promise
  }

  async #work(run: Run<Parameters>, ask: (maker: Maker<Parameters>) => Promise<string>): Promise<Snapshot> {
    this.#tell(run, { ...IDLE, status: 'creating', isLoading: true })
    const { signal } = run.stop
    const heard = (job: Snapshot) => {
      run.work.onJob?.(job)
      this.#tell(run, seen(job))
    }
    try {
      const maker = (run.maker = run.work.maker())
      run.jobId = await ask(maker)
      if (run.canceled) await maker.cancel(run.jobId)
      return await maker.wait(run.jobId, { signal, onProgress: heard })
    } catch (error) {
      if (!signal.aborted) this.#fail(run, error as Error)
      throw error
    } finally {
      if (this.#run === run) this.#run = undefined
    }
  }

  /** A request whose answer was lost may have made a job: the same request again is given that one. */
  async #create(maker: Maker<Parameters>, parameters: Parameters): Promise<string> {
    const asked = JSON.stringify(parameters)
    const idempotencyKey = this.#lost?.asked === asked ? this.#lost.key : newIdempotencyKey()
    this.#lost = undefined
    try {
      return (await maker.create(parameters, { idempotencyKey })).job_id
    } catch (error) {
      if (isEstampeError(error, 'connection_lost')) this.#lost = { asked, key: idempotencyKey }
      throw error
    }
  }

  #fail(run: Run<Parameters>, error: Error): void {
    const ended = error instanceof JobUnsuccessful ? seen(error.job) : { ...this.#state, status: 'failed' as const }
    this.#tell(run, { ...ended, error: run.canceled && ended.status === 'canceled' ? null : error, isLoading: false })
  }

  #tell(run: Run<Parameters>, state: GenerationState): void {
    if (this.#run === run && !run.stop.signal.aborted) this.#set(state)
  }

  #set(state: GenerationState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}

function seen(job: Snapshot): GenerationState {
  const { status, progress } = job
  return {
    status,
    job,
    progress,
    result: status === 'succeeded' ? job : null,
    error: null,
    isLoading: !hasEnded(job),
  }
}
