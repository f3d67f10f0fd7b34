/** All of one's jobs in one stream, over expired tokens and restarts, until nobody listens. */

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import type { News } from '@estampe/client'
import { issue, Person, restartService, small } from './person.js'

/** What is told until `enough` says so. */
async function told(ana: Person, enough: (heard: News[]) => boolean, client = ana.client()): Promise<News[]> {
  const heard: News[] = []
  for await (const one of client.jobs.news()) {
    heard.push(one)
    if (enough(heard)) break
  }
  return heard
}

const ended = (id: string) => (heard: News[]) => {
  const last = heard.at(-1)!
  return last.type === 'job' && last.job.job_id === id && last.job.status === 'succeeded'
}

test('a job’s whole life is told, after the jobs as they stand', async () => {
  const ana = new Person()
  const { job_id: id } = await ana.client().images.create({ ...small, prompt: '[steps 6] [sleep 0.4] told' })
  const heard = await told(ana, ended(id))
  assert.equal(heard[0]!.type, 'snapshot')
  assert.ok(heard.some((one) => one.type === 'progress' && one.moved.job_id === id))
  assert.ok(heard.some((one) => one.type === 'preview' && one.preview.job_id === id))
})

test('another tenant’s jobs are not told', async () => {
  const ana = new Person()
  const bob = new Person()
  const { job_id: his } = await bob.client().images.create({ ...small, prompt: '[sleep 0.1] his' })
  const { job_id: hers } = await ana.client().images.create({ ...small, prompt: '[steps 4] [sleep 0.3] hers' })
  const heard = await told(ana, ended(hers))
  assert.ok(!JSON.stringify(heard).includes(his))
})

test('a token that expires is replaced, and the news goes on', async () => {
  const ana = new Person()
  const client = ana.client(ana.source(2, 2, 600))
  const { job_id: id } = await client.images.create({ ...small, prompt: '[steps 6] [sleep 0.7] longer than a token' })
  await told(ana, ended(id), client)
  assert.ok(ana.requests.filter((each) => each.url.endsWith('/api/events')).length > 1)
})

test('a server that restarts is told of as lost, and then everything as it stands', async () => {
  const ana = new Person()
  const client = ana.client(await issue(ana.user))
  let restart: Promise<void> | undefined
  const heard = await told(
    ana,
    (all) => {
      restart ??= restartService()
      return all.length > 1 && all.at(-1)!.type === 'snapshot'
    },
    client,
  )
  await restart
  assert.ok(heard.length >= 2)
})

test('what a proxy says in the server’s place is a loss, and the news goes on after it', async () => {
  const ana = new Person()
  const said = [new Response('<h1>Back in a moment</h1>'), new Response('no backend', { status: 404 })]
  const through: typeof fetch = async (input, init) => said.shift() ?? ana.fetch(input, init)
  const client = ana.client(undefined, { fetch: through })
  const heard = await told(ana, (all) => all.at(-1)!.type === 'snapshot', client)
  assert.deepEqual(
    heard.map(({ type }) => type),
    ['lost', 'lost', 'snapshot'],
  )
})

test('whoever is refused is told no news, but why', async () => {
  const client = new Person().client('not-a-token')
  await assert.rejects(client.jobs.news().next(), { status: 401 })
})

test('who stops listening closes the stream', async () => {
  const ana = new Person()
  const stop = new AbortController()
  const news = ana.client().jobs.news({ signal: stop.signal })
  assert.equal((await news.next()).value!.type, 'snapshot')
  stop.abort(new Error('enough'))
  await assert.rejects(news.next(), { message: 'enough' })
})

test('streams that ended leave nothing on the signal of who listened', async () => {
  const { signal } = new AbortController()
  const client = new Person().client()
  for await (const _ of client.jobs.news({ signal })) break
  const { job_id: id } = await client.images.create({ ...small, prompt: '[steps 3] [sleep 0.2] watched' })
  await client.jobs.wait(id, { signal })
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})
