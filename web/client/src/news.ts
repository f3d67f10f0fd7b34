/** What happens to all of one's jobs, told by one stream for as long as somebody listens. */

import { pauseAmid, type Connection } from './connection.js'
import type { Moved, Preview } from './follow.js'
import type { JobPage, Snapshot } from './generated.js'
import { listen, type RawEvent } from './stream.js'
import { backoffMs, pause } from './time.js'

/** `snapshot` comes first and after each loss: the newest jobs as they stand; what came between is in them. */
export type News =
  | { type: 'snapshot'; jobs: Snapshot[] }
  | { type: 'job'; job: Snapshot }
  | { type: 'progress'; moved: Moved }
  | { type: 'preview'; preview: Preview }
  | { type: 'lost' }

const SHORTEST_STREAM_MS = 1000

/** Never ends by itself; throws when the server says no, as to somebody who signed out. */
export async function* news(connection: Connection, signal?: AbortSignal): AsyncGenerator<News> {
  for (let failures = 0; ;) {
    const began = performance.now()
    try {
      for await (const one of stream(connection, signal)) {
        failures = 0
        yield one
      }
      if (performance.now() - began > SHORTEST_STREAM_MS) continue
    } catch (error) {
      if (signal?.aborted || pauseAmid(error, 0) === undefined) throw error
      yield { type: 'lost' }
    }
    await pause(backoffMs(failures++), signal)
  }
}

async function* stream(connection: Connection, signal?: AbortSignal): AsyncGenerator<News> {
  const token = await connection.token(undefined, signal)
  for await (const event of listen(connection, '/api/events', signal)) {
    if (event.name === 'bye') return
    if (event.name === 'reauthenticate') return void (await connection.token(token, signal))
    const told = heard(event)
    if (told) yield told
  }
}

function heard({ name, data }: RawEvent): News | undefined {
  const said = JSON.parse(data)
  if (name === 'snapshot') return { type: name, jobs: (said as JobPage).jobs }
  if (name === 'status' || name === 'done') return { type: 'job', job: said as Snapshot }
  if (name === 'progress') return { type: name, moved: said as Moved }
  if (name === 'preview') return { type: name, preview: said as Preview }
  return undefined
}
