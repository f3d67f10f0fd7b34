/** What the lists learn when the stream is there again: no page, no server. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refused, type Snapshot, type Status } from '@estampe/client'
import type { Site } from '@estampe/react'
import { QueryClient } from '@tanstack/react-query'
import { catchUp } from '../src/server/live'
import { keyOf } from '../src/server/queries'

const job = (job_id: string, status: Status) => ({ job_id, status }) as Snapshot

class Server {
  readonly asked: string[] = []
  atOnce = 0
  most = 0

  readonly jobs = {
    get: async (id: string) => {
      this.asked.push(id)
      this.most = Math.max(this.most, (this.atOnce += 1))
      await new Promise((resolve) => setTimeout(resolve))
      this.atOnce -= 1
      if (id === 'gone') throw new Refused(404, { code: 'not_found' })
      if (id === 'lost') throw new Error('no answer')
      return job(id, 'succeeded')
    },
  }

  readonly site = { client: { baseUrl: '', jobs: this.jobs }, scope: 'ana' } as unknown as Site
}

function listing(site: Site, jobs: Snapshot[]) {
  const queries = new QueryClient()
  const key = keyOf(site, 'jobs', 'wall')
  queries.setQueryData(key, { pages: [{ jobs, next_cursor: null }], pageParams: [''] })
  const listed = () => {
    const { pages } = queries.getQueryData<{ pages: { jobs: Snapshot[] }[] }>(key)!
    return pages[0]!.jobs.map(({ job_id, status }) => `${job_id} ${status}`)
  }
  return { queries, listed }
}

test('what ended unheard and is too old for a snapshot is looked at again, and nothing else', async () => {
  const server = new Server()
  const waiting = ['new', 'old', 'gone', 'lost', 'mine'].map((id) => job(id, 'queued'))
  const { queries, listed } = listing(server.site, [...waiting, job('done', 'failed')])
  const caught = catchUp(server.site, queries, [job('new', 'running')])
  await caught
  assert.deepEqual(server.asked.sort(), ['gone', 'lost', 'mine', 'old'])
  assert.deepEqual(listed(), ['new queued', 'old succeeded', 'lost queued', 'mine succeeded', 'done failed'])
})

test('many are looked at a few at a time, and not without end', async () => {
  const server = new Server()
  const { queries } = listing(
    server.site,
    Array.from({ length: 1000 }, (_, number) => job(`job ${number}`, 'queued')),
  )
  await catchUp(server.site, queries, [])
  assert.ok(server.asked.length <= 200)
  assert.ok(server.most <= 4)
})
