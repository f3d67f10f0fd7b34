/** What a server keeps, noun by noun. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Estampe, JobUnsuccessful, type Snapshot } from '@estampe/client'
import { Person, receptionUrl, serviceUrl, small } from './person.js'

test('a picture that was brought starts another', async () => {
  const client = new Person().client()
  const first = await client.images.generate({ ...small, prompt: 'the first' })
  const answer = await client.assets.content(first.outputs[0]!.asset_id)
  const brought = await client.uploads.create(await answer.blob())
  const second = await client.images.generate({
    ...small,
    prompt: 'the second',
    input_asset_id: brought.asset_id,
    strength: 0.5,
  })
  assert.equal(second.parameters['input_asset_id'], brought.asset_id)
  assert.equal((await client.assets.get(brought.asset_id)).job_id, null)
  const thumbnail = await client.assets.content(second.outputs[0]!.asset_id, 'thumbnail')
  assert.equal(thumbnail.headers.get('content-type'), 'image/webp')
})

test('jobs are listed page by page, made again, and deleted', async () => {
  const client = new Person().client()
  const made: Snapshot[] = []
  for (const prompt of ['one', 'two', 'three']) made.push(await client.images.generate({ ...small, prompt }))
  const all: string[] = []
  for await (const job of client.jobs.all({ limit: 2 })) all.push(job.job_id)
  assert.deepEqual(all, made.map((job) => job.job_id).reverse())
  assert.equal((await client.jobs.list({ q: 'two' })).jobs.length, 1)
  const again = await client.images.wait((await client.jobs.retry(made[0]!.job_id)).job_id)
  assert.equal(again.outputs[0]!.sha256.length, 64)
  assert.equal(again.outputs[0]!.seed, made[0]!.outputs[0]!.seed)
  assert.equal(await client.jobs.delete(again.job_id), undefined)
  await assert.rejects(client.jobs.get(again.job_id), { code: 'not_found' })
  const files: string[] = []
  for await (const file of client.assets.all({ limit: 2 })) files.push(file.asset_id)
  assert.equal(files.length, 3)
})

test('models, identity, usage and keys', async () => {
  const ana = new Person()
  const client = ana.client()
  assert.ok((await client.models.list()).some((model) => model.kind === 'image'))
  assert.ok((await client.me()).permissions.includes('images:generate'))
  await client.images.generate({ ...small, prompt: 'counted' })
  const usage = await client.usage.report({ mine: true, group_by: ['kind', 'model'] })
  assert.equal(usage.rows[0]!.kind, 'image')
  assert.match(await client.usage.csv({ mine: true }), /^day,/)
  const key = await client.keys.create({ name: 'a script' })
  assert.equal((await client.keys.list()).keys[0]!.key_id, key.key_id)
  const script = new Estampe({ baseUrl: `${serviceUrl}/`, token: key.key })
  assert.equal((await script.images.generate({ ...small, prompt: 'by key' })).status, 'succeeded')
  await client.keys.revoke(key.key_id)
})

test('who made things, and what only an operator is shown', async () => {
  const ana = new Person()
  const client = ana.client()
  const made = await client.images.generate({ ...small, prompt: 'mine' })
  const [someone, ...others] = await client.people()
  assert.deepEqual([someone!.user_id, someone!.jobs, others.length], [ana.user, 1, 0])
  assert.equal((await client.jobs.list({ user_id: ana.user, created_before: made.created_at })).jobs.length, 0)
  assert.ok((await client.authEvents({ limit: 1 })).to)
  await assert.rejects(client.overview(), { code: 'permission_missing' })
})

test('one key makes one job, and another body is refused', async () => {
  const ana = new Person()
  const client = ana.client()
  const options = { idempotencyKey: 'mine' }
  const first = await client.images.create({ ...small, prompt: 'same' }, options)
  assert.equal((await client.images.create({ ...small, prompt: 'same' }, options)).job_id, first.job_id)
  await assert.rejects(client.images.create({ ...small, prompt: 'other' }, options), { code: 'idempotency_mismatch' })
  assert.equal((await ana.jobs()).length, 1)
})

test('a failed job is an error with the job in it', async () => {
  const client = new Person().client()
  await assert.rejects(client.images.generate({ ...small, prompt: '[fail] x' }), (error) => {
    assert.ok(error instanceof JobUnsuccessful)
    return error.job.status === 'failed' && error.jobId === error.job.job_id
  })
})

test('an id that holds a path asks for that id', async () => {
  const ana = new Person()
  await assert.rejects(ana.client().jobs.get('../me'), { code: 'not_found' })
  assert.ok(ana.requests[0]!.url.endsWith('/api/jobs/..%2Fme'))
})

test('an answer that is somebody else’s is told as such, and not asked for again', async () => {
  const ana = new Person()
  const elsewhere = ana.client('token', { baseUrl: `${receptionUrl}/nothing` })
  await assert.rejects(elsewhere.me(), { code: 'unexpected_answer', status: 404, message: 'HTTP 404' })
  const noJson = ana.client('token', { baseUrl: `${receptionUrl}/token?user=${ana.user}#` })
  await assert.rejects(noJson.me(), { code: 'unexpected_answer', message: 'Réponse inattendue du serveur.' })
  assert.equal(ana.requests.length, 2)
})

test('what must not be done twice is asked again only where it was refused at the door', async () => {
  const ana = new Person()
  const asked: string[] = []
  const refusing = (status: number, code?: string) => {
    let left = 1
    const once: typeof fetch = async (input, init) => {
      asked.push(`${init?.method} ${code}`)
      return left-- > 0 ? Response.json(code ? { code, title: code } : {}, { status }) : ana.fetch(input, init)
    }
    return ana.client(undefined, { fetch: once })
  }
  for (const [status, code] of [
    [503, 'draining'],
    [429, 'rate_limited'],
    [503, 'limits_unavailable'],
    [503, 'identity_provider_unavailable'],
  ] as const) {
    assert.ok((await refusing(status, code).keys.create({ name: code })).key_id)
    assert.deepEqual(asked.splice(0), [`POST ${code}`, `POST ${code}`])
  }
  for (const [status, code] of [
    [503, undefined],
    [503, 'database_unavailable'],
    [429, undefined],
    [502, undefined],
  ] as const) {
    await assert.rejects(refusing(status, code).keys.create({ name: 'once' }), { status })
    await assert.rejects(refusing(status, code).uploads.create(new Blob(['x'], { type: 'image/png' })), { status })
    assert.equal(asked.splice(0).length, 2)
  }
})
