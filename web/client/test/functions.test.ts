/** The functions that a site calls by name, against a live service. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createAuthHeaders,
  createImageGeneration,
  createVideoGeneration,
  fetchImageResult,
  fetchImageStatus,
  fetchVideoResult,
  fetchVideoStatus,
  isEstampeError,
  JobUnsuccessful,
  pollImageGenerationStatus,
  pollVideoGenerationStatus,
  type Snapshot,
} from '@estampe/client'
import { issue, Person, serviceUrl, small } from './person.js'

const place = { baseUrl: serviceUrl }

test('an image is made, step by step', async () => {
  const ana = new Person()
  const token = ana.source()
  const { job_id: id, status } = await createImageGeneration({ ...small, prompt: 'une pomme' }, token, place)
  assert.equal(status, 'queued')
  assert.equal((await fetchImageStatus(id, token, place)).job_id, id)
  const seen: Snapshot[] = []
  const job = await pollImageGenerationStatus(id, token, (now) => seen.push(now), place)
  assert.equal(job.status, 'succeeded')
  assert.deepEqual(seen.at(-1), job)
  const result = await fetchImageResult(id, token, place)
  const file = await fetch(result.outputs[0]!.url)
  assert.equal(file.headers.get('content-type'), 'image/png')
})

test('a clip is made, step by step', async () => {
  const token = await issue(new Person().user)
  const { job_id: id } = await createVideoGeneration(
    { ...small, prompt: '[steps 10] [sleep 0.3] un bateau', num_frames: 8 },
    token,
    place,
  )
  const fractions: number[] = []
  await pollVideoGenerationStatus(id, token, ({ progress }) => progress && fractions.push(progress.fraction), place)
  assert.ok(fractions.some((fraction) => fraction > 0 && fraction < 1))
  assert.deepEqual(
    fractions,
    [...fractions].sort((one, other) => one - other),
  )
  assert.equal((await fetchVideoStatus(id, token, place)).status, 'succeeded')
  assert.match((await fetchVideoResult(id, token, place)).outputs[0]!.media_type, /^video\//)
})

const nobody: [string, unknown][] = [
  ['an empty string', ''],
  ['spaces', '  '],
  ['null', null],
  ['undefined', undefined],
  ['the word undefined', 'undefined'],
  ['a source that gives null', () => null],
  ['a source that promises nothing', async () => undefined],
]

for (const [name, token] of nobody) {
  test(`without a token nothing is sent: ${name}`, async () => {
    const ana = new Person()
    const sent = createImageGeneration({ ...small, prompt: 'x' }, token as string, { ...place, fetch: ana.fetch })
    await assert.rejects(sent, { message: "Token d'authentification manquant", code: 'token_missing' })
    assert.equal(ana.requests.length, 0)
    const inEnglish = fetchImageStatus('job', token as string, { ...place, language: 'en', fetch: ana.fetch })
    await assert.rejects(inEnglish, { message: 'Authentication token missing' })
  })
}

test('headers are written for a token, and never without one', async () => {
  assert.deepEqual(createAuthHeaders('abc'), { Authorization: 'Bearer abc' })
  assert.deepEqual(await createAuthHeaders(async () => 'abc'), { Authorization: 'Bearer abc' })
  assert.throws(() => createAuthHeaders(''), { message: "Token d'authentification manquant" })
  await assert.rejects(
    createAuthHeaders(() => null),
    { message: "Token d'authentification manquant" },
  )
})

test('a token that no header can carry is refused and not repeated', async () => {
  const token = 'secret\nsecond line'
  await assert.rejects(fetchImageStatus('job', token, place), (error: Error) => {
    assert.ok(isEstampeError(error, 'token_invalid'))
    assert.ok(!String(error.stack).includes('secret'))
    return true
  })
})

test('what the server refuses is told by code, in French', async () => {
  const token = await issue(new Person().user)
  await assert.rejects(createImageGeneration({ prompt: 'x', width: 7 }, token, place), {
    code: 'limit_exceeded',
    status: 422,
    title: 'Un paramètre dépasse les limites du modèle.',
  })
  await assert.rejects(fetchImageResult('job_nothing', token, place), { code: 'not_found', status: 404 })
  const { job_id: id } = await createImageGeneration({ ...small, prompt: '[fail] x' }, token, place)
  await assert.rejects(pollImageGenerationStatus(id, token, undefined, place), (error) => {
    assert.ok(error instanceof JobUnsuccessful)
    assert.equal(error.code, 'job_failed')
    assert.equal(error.message, 'La consigne demandait un échec.')
    assert.equal(error.job.job_id, id)
    return true
  })
})
