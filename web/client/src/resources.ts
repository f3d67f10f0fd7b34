/** What a server keeps, noun by noun, and what can be done with each. */

import type { Connection } from './connection.js'
import { follow, succeeded, wait, type JobEvent, type WaitOptions } from './follow.js'
import { news, type News } from './news.js'
import type {
  Accepted,
  AssetPage,
  JobPage,
  KeyPage,
  ListAssetsQuery,
  ListJobsQuery,
  ListKeysQuery,
  NewKey,
  Result,
  ShownKey,
  Snapshot,
  StoredFile,
  UsageQuery,
  UsageReport,
} from './generated.js'

export interface CallOptions {
  signal?: AbortSignal | undefined
}

export interface CreateOptions extends CallOptions {
  /** Asking twice with one key makes one job. Each call has its own unless it is given one. */
  idempotencyKey?: string | undefined
}

export type GenerateOptions = CreateOptions & WaitOptions

const UPLOAD_MS = 300_000

/** Also where a page is not served over https, and `crypto.randomUUID` is not there. */
export const newIdempotencyKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')

const at = (noun: string, id: string): string => `/api/${noun}/${encodeURIComponent(id)}`

const asking = (options: CreateOptions = {}) => ({
  method: 'POST' as const,
  headers: { 'Idempotency-Key': options.idempotencyKey ?? newIdempotencyKey() },
  signal: options.signal,
})

/** Each thing of each page, which are asked for as they are needed. */
async function* each<Page extends { next_cursor: string | null }, Item>(
  page: (cursor: { cursor?: string }) => Promise<Page>,
  items: (page: Page) => Item[],
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const found: Page = await page(cursor ? { cursor } : {})
    yield* items(found)
    cursor = found.next_cursor
  }
}

class Resource {
  protected readonly on: Connection

  constructor(connection: Connection) {
    this.on = connection
  }
}

export class Jobs extends Resource {
  get(id: string, { signal }: CallOptions = {}): Promise<Snapshot> {
    return this.on.read(at('jobs', id), { signal })
  }

  list(query?: ListJobsQuery, { signal }: CallOptions = {}): Promise<JobPage> {
    return this.on.read('/api/jobs', { query, signal })
  }

  /** Every job, newest first. */
  all(query?: ListJobsQuery, options?: CallOptions): AsyncGenerator<Snapshot, void, undefined> {
    return each(
      (cursor) => this.list({ ...query, ...cursor }, options),
      (page) => page.jobs,
    )
  }

  /** The job once it has ended, however it ended: any job, so also one from before a crash. */
  wait(id: string, options?: WaitOptions): Promise<Snapshot> {
    return wait(this.on, id, options)
  }

  /** What happens to it, as it happens. */
  stream(id: string, { signal }: CallOptions = {}): AsyncGenerator<JobEvent, void, undefined> {
    return follow(this.on, id, signal)
  }

  /** What happens to all of them, for as long as it is listened to: one connection, however many jobs. */
  news({ signal }: CallOptions = {}): AsyncGenerator<News, void, undefined> {
    return news(this.on, signal)
  }

  cancel(id: string, { signal }: CallOptions = {}): Promise<Snapshot> {
    return this.on.read(`${at('jobs', id)}/cancel`, { method: 'POST', signal })
  }

  /** A new job from the old one's parameters and seed. */
  retry(id: string, options?: CreateOptions): Promise<Accepted> {
    return this.on.read(`${at('jobs', id)}/retry`, asking(options))
  }

  /** The job and its files, for good. `keepalive` sees it through when the page that asks is left. */
  delete(id: string, { signal, keepalive }: CallOptions & { keepalive?: boolean } = {}): Promise<void> {
    return this.on.read(at('jobs', id), { method: 'DELETE', signal, keepalive })
  }
}

/** Images or videos: to make them, and their jobs. */
export class Making<Parameters extends object> extends Jobs {
  readonly #kind: string

  constructor(connection: Connection, kind: 'images' | 'videos') {
    super(connection)
    this.#kind = kind
  }

  /** The job, once it succeeded. Throws `JobUnsuccessful` when it did not. */
  async generate(parameters: Parameters, options?: GenerateOptions): Promise<Snapshot> {
    return this.wait((await this.create(parameters, options)).job_id, options)
  }

  create(parameters: Parameters, options?: CreateOptions): Promise<Accepted> {
    return this.on.read(`/api/${this.#kind}/generate`, { ...asking(options), json: parameters })
  }

  status(id: string, { signal }: CallOptions = {}): Promise<Snapshot> {
    return this.on.read(`${at(this.#kind, id)}/status`, { signal })
  }

  result(id: string, { signal }: CallOptions = {}): Promise<Result> {
    return this.on.read(`${at(this.#kind, id)}/result`, { signal })
  }

  /** The job, once it succeeded. Throws `JobUnsuccessful` when it did not. */
  override async wait(id: string, options?: WaitOptions): Promise<Snapshot> {
    return succeeded(await super.wait(id, options), this.on)
  }
}

export class Assets extends Resource {
  get(id: string, { signal }: CallOptions = {}): Promise<StoredFile> {
    return this.on.read(at('assets', id), { signal })
  }

  list(query?: ListAssetsQuery, { signal }: CallOptions = {}): Promise<AssetPage> {
    return this.on.read('/api/assets', { query, signal })
  }

  /** Every file, newest first. */
  all(query?: ListAssetsQuery, options?: CallOptions): AsyncGenerator<StoredFile, void, undefined> {
    return each(
      (cursor) => this.list({ ...query, ...cursor }, options),
      (page) => page.assets,
    )
  }

  /** The file itself, or its thumbnail, to be read as it comes. */
  content(id: string, variant?: 'original' | 'thumbnail', { signal }: CallOptions = {}): Promise<Response> {
    return this.on.send(`${at('assets', id)}/content`, { query: { variant }, signal, open: true }, (answer) => answer)
  }
}

export class Uploads extends Resource {
  /** A picture to start from: its `asset_id` is an `input_asset_id`. */
  create(picture: Blob, { signal }: CallOptions = {}): Promise<StoredFile> {
    const headers = { 'Content-Type': picture.type }
    const call = { method: 'POST' as const, body: picture, headers, signal, timeoutMs: UPLOAD_MS, once: true }
    return this.on.read('/api/uploads', call)
  }
}

export class Usage extends Resource {
  report(query?: UsageQuery, { signal }: CallOptions = {}): Promise<UsageReport> {
    return this.on.read('/api/usage', { query, signal })
  }

  /** The same for a spreadsheet. */
  csv(query?: UsageQuery, { signal }: CallOptions = {}): Promise<string> {
    return this.on.send('/api/usage', { query, headers: { Accept: 'text/csv' }, signal }, (answer) => answer.text())
  }
}

export class Keys extends Resource {
  list(query?: ListKeysQuery, { signal }: CallOptions = {}): Promise<KeyPage> {
    return this.on.read('/api/keys', { query, signal })
  }

  /** `key` is shown this once. */
  create(key: NewKey, { signal }: CallOptions = {}): Promise<ShownKey> {
    return this.on.read('/api/keys', { method: 'POST', json: key, signal, once: true })
  }

  revoke(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.on.read(at('keys', id), { method: 'DELETE', signal })
  }
}
