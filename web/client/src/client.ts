/** One server, as one person sees it: `new Estampe({ baseUrl, token }).images.generate({ prompt })`. */

import { Connection, type Options } from './connection.js'
import type {
  AuthEventPage,
  AuthEventsQuery,
  GenerateImage,
  GenerateVideo,
  Me,
  Model,
  ModelList,
  Overview,
  People,
  Person,
} from './generated.js'
import { Assets, Jobs, Keys, Making, Uploads, Usage, type CallOptions } from './resources.js'

export class Estampe {
  readonly images: Making<GenerateImage>
  readonly videos: Making<GenerateVideo>
  readonly jobs: Jobs
  readonly assets: Assets
  readonly uploads: Uploads
  readonly usage: Usage
  readonly keys: Keys
  readonly models: { list(options?: CallOptions): Promise<Model[]> }
  readonly #connection: Connection

  constructor(options: Options) {
    const connection = (this.#connection = new Connection(options))
    this.images = new Making(connection, 'images')
    this.videos = new Making(connection, 'videos')
    this.jobs = new Jobs(connection)
    this.assets = new Assets(connection)
    this.uploads = new Uploads(connection)
    this.usage = new Usage(connection)
    this.keys = new Keys(connection)
    this.models = {
      list: async ({ signal } = {}) => (await connection.read<ModelList>('/api/models', { signal })).models,
    }
  }

  get baseUrl(): string {
    return this.#connection.baseUrl
  }

  /** The identity as the server sees it, its permissions, and what is left of its limits. */
  me({ signal }: CallOptions = {}): Promise<Me> {
    return this.#connection.read('/api/me', { signal })
  }

  /** Who made jobs: of the organisation for who sees all of it, else oneself. */
  async people({ signal }: CallOptions = {}): Promise<Person[]> {
    return (await this.#connection.read<People>('/api/people', { signal })).people
  }

  /** Sign-ins and refusals: of the organisation or, for who operates the installation, of everyone. */
  authEvents(query?: AuthEventsQuery, { signal }: CallOptions = {}): Promise<AuthEventPage> {
    return this.#connection.read('/api/auth-events', { query, signal })
  }

  /** The whole installation at a glance, for who operates it. */
  overview({ signal }: CallOptions = {}): Promise<Overview> {
    return this.#connection.read('/api/operator', { signal })
  }
}
