/** A wait ends with the result, whatever happens meanwhile, and there is one job. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEstampeError, type JobEvent, type Snapshot } from '@estampe/client'
import { issue, Person, restartService, small } from './person.js'

const tokensUsed = (ana: Person) => new Set(ana.requests.map((each) => each.headers.get('authorization'))).size
const streams = (ana: Person) => ana.requests.filter((each) => each.url.endsWith('/events'))

test('a token that expires during the job is replaced, and the stream opened again', async () => {
  const ana = new Person()
  const client = ana.client(ana.source(2, 2, 2, 600))
  const job = await client.images.generate({ ...small, prompt: '[steps 6] [sleep 0.5] longer than a token' })
  assert.equal(job.status, 'succeeded')
  assert.ok(streams(ana).length > 1)
  assert.ok(tokensUsed(ana) > 1)
  assert.equal((await ana.jobs()).length, 1)
})

test('a 401 in the middle is answered by a fresh token', async () => {
  const ana = new Person()
  const client = ana.client(ana.source(2, -3600, 600))
  const job = await client.images.generate({ ...small, prompt: '[steps 5] [sleep 0.5] refused in the middle' })
  assert.equal(job.status, 'succeeded')
  assert.ok(ana.asked.includes('fresh'))
  assert.equal((await ana.jobs()).length, 1)
})

test('a server that restarts does not end the wait', async () => {
  const ana = new Person()
  const statuses = new Set<string>()
  let restart: Promise<void> | undefined
  const onProgress = (now: Snapshot) => {
    statuses.add(now.status)
    if (now.status === 'running') restart ??= restartService()
  }
  const job = await ana
    .client()
    .images.generate({ ...small, prompt: '[steps 5] [sleep 0.5] over a restart' }, { onProgress })
  await restart
  assert.equal(job.status, 'succeeded')
  assert.ok(statuses.has('running'))
  assert.equal((await ana.jobs()).length, 1)
})

test('a request sent while the server restarts makes one job', async () => {
  const ana = new Person()
  const client = ana.client(await issue(ana.user), { retries: 30 })
  const restart = restartService()
  const made = await Promise.all(
    [1, 2, 3].map((n) => client.images.create({ ...small, prompt: `during a restart ${n}` })),
  )
  await restart
  assert.equal((await ana.jobs()).length, made.length)
})

test('an answer that is lost does not buy twice', async () => {
  const ana = new Person()
  let lost = 2
  const lossy: typeof fetch = async (input, init) => {
    const answer = await ana.fetch(input, init)
    if (init?.method === 'POST' && lost-- > 0) throw new TypeError('the line was cut')
    return answer
  }
  const client = ana.client(undefined, { fetch: lossy })
  await client.images.generate({ ...small, prompt: 'asked thrice' })
  const keys = ana.requests.map((each) => each.headers.get('idempotency-key')).filter(Boolean)
  assert.equal(keys.length, 3)
  assert.equal(new Set(keys).size, 1)
  assert.equal((await ana.jobs()).length, 1)
})

test('where streams do not come through, the client asks, and no faster than it is answered', async () => {
  const ana = new Person()
  const without: typeof fetch = (input, init) =>
    String(input).endsWith('/events') ? Promise.reject(new TypeError('no stream')) : ana.fetch(input, init)
  const client = ana.client(undefined, { fetch: without })
  const began = performance.now()
  const job = await client.images.generate({ ...small, prompt: '[steps 4] [sleep 0.5] without a stream' })
  const seconds = (performance.now() - began) / 1000
  assert.equal(job.status, 'succeeded')
  const polls = ana.requests.filter((each) => each.method === 'GET')
  assert.ok(polls.some((each) => each.url.includes('wait=20')))
  assert.ok(polls.length <= seconds + 2, `${polls.length} questions in ${seconds} s`)
})

for (const [status, type, page] of [
  [404, 'text/plain', 'default backend - 404'],
  [200, 'text/html', '<h1>Back in a moment</h1>'],
  [520, 'text/html', '<h1>Web server is returning an unknown error</h1>'],
] as const) {
  test(`a proxy that answers ${status} in the server’s place does not end the wait`, async () => {
    const ana = new Person()
    let left = 3
    const through: typeof fetch = async (input, init) =>
      init?.method !== 'POST' && left-- > 0
        ? new Response(page, { status, headers: { 'Content-Type': type } })
        : ana.fetch(input, init)
    const job = await ana
      .client(undefined, { fetch: through })
      .images.generate({ ...small, prompt: `over a ${status}` })
    assert.equal(job.status, 'succeeded')
    assert.ok(left < 0)
  })
}

test('a refusal of the server’s own ends the wait at once', async () => {
  const ana = new Person()
  const refused: typeof fetch = async () => Response.json({ code: 'permission_missing', title: 'No.' }, { status: 403 })
  await assert.rejects(ana.client(undefined, { fetch: refused }).jobs.wait('job_x'), { code: 'permission_missing' })
})

test('events come in order, from a snapshot to the end', async () => {
  const ana = new Person()
  const client = ana.client()
  const { job_id: id } = await client.images.create({ ...small, prompt: '[steps 8] [sleep 0.4] followed' })
  const events: JobEvent[] = []
  for await (const event of client.images.stream(id)) events.push(event)
  assert.equal(events[0]!.type, 'snapshot')
  assert.equal(events.at(-1)!.type, 'done')
  assert.equal(events.at(-1)!.job.status, 'succeeded')
  const preview = events.find((event) => event.type === 'preview')
  assert.ok(preview && 'preview' in preview && preview.preview.media_type === 'image/webp')
})

test('a wait can be ended, and the job goes on', async () => {
  const ana = new Person()
  const client = ana.client()
  const { job_id: id } = await client.images.create({ ...small, prompt: '[steps 30] [sleep 1] let go' })
  const stop = new AbortController()
  const seen = client.jobs.wait(id, { signal: stop.signal, onProgress: () => stop.abort() })
  await assert.rejects(seen, { name: 'AbortError' })
  await assert.rejects(client.jobs.wait(id, { timeoutMs: 300 }), (error) => {
    assert.ok(isEstampeError(error, 'timed_out'))
    assert.equal(error.jobId, id)
    return true
  })
  assert.notEqual((await client.jobs.get(id)).status, 'canceled')
  await client.jobs.cancel(id)
  await assert.rejects(client.images.wait(id), { code: 'job_canceled', message: 'La tâche a été annulée.' })
})

test('another tenant’s job cannot be waited for', async () => {
  const ana = new Person()
  const { job_id: id } = await ana.client().images.create({ ...small, prompt: 'mine' })
  await assert.rejects(new Person().client().jobs.wait(id), { code: 'not_found', jobId: id })
})

test('an aborted request rejects with the signal’s reason, and is not tried again', async () => {
  const ana = new Person()
  const reason = new Error('enough')
  await assert.rejects(ana.client().me({ signal: AbortSignal.abort(reason) }), reason)
  const nowhere = ana.client('token', { baseUrl: 'http://127.0.0.1:9' })
  const stop = new AbortController()
  setTimeout(() => stop.abort(reason), 50)
  await assert.rejects(nowhere.me({ signal: stop.signal }), reason)
})
