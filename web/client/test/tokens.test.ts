/** A token is renewed before it ends, by one request at a time, and replaced once when it is refused. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEstampeError } from '@estampe/client'
import { issue, Person } from './person.js'

test('a token is asked for once while it lasts, by however many requests', async () => {
  const ana = new Person()
  const client = ana.client()
  await Promise.all([client.me(), client.me(), client.models.list()])
  await client.jobs.list()
  assert.deepEqual(ana.asked, ['any'])
})

test('a token near its end is renewed while the old one is still used', async () => {
  const ana = new Person()
  const client = ana.client(ana.source(4, 600))
  const used = new Set<string | null>()
  while (used.size < 2) {
    await client.me()
    used.add(ana.requests.at(-1)!.headers.get('authorization'))
  }
  assert.deepEqual(ana.asked, ['any', 'any'])
  assert.ok(ana.requests.length > 2)
})

test('a refused token is replaced by a fresh one, and the request sent once more', async () => {
  const ana = new Person()
  const client = ana.client(ana.source(-3600, 600))
  const answers = await Promise.all([client.me(), client.me()])
  assert.equal(answers[0].user_id, ana.user)
  assert.deepEqual(ana.asked, ['any', 'fresh'])
  assert.equal(ana.requests.length, 4)
})

test('a second refusal is told', async () => {
  const ana = new Person()
  await assert.rejects(ana.client(ana.source(-3600)).me(), { code: 'token_expired', status: 401 })
  assert.equal(ana.requests.length, 2)
})

test('a string is refused at once: there is no other', async () => {
  const ana = new Person()
  await assert.rejects(ana.client(await issue(ana.user, -3600)).me(), { code: 'token_expired' })
  assert.equal(ana.requests.length, 1)
})

test('a revoked key is not asked for again', async () => {
  const ana = new Person()
  const client = ana.client()
  const key = await client.keys.create({ name: 'test' })
  const withKey = ana.client(() => key.key)
  assert.equal((await withKey.me()).user_id, ana.user)
  await client.keys.revoke(key.key_id)
  const before = ana.requests.length
  await assert.rejects(withKey.me(), { code: 'key_revoked' })
  assert.equal(ana.requests.length, before + 1)
})

test('a forbidden request is never repeated', async () => {
  const ana = new Person()
  const member = ana.client(() => issue(ana.user, 600, '&org=org_of_others&role=org:member'))
  await assert.rejects(member.keys.create({ name: 'mine' }), { code: 'permission_missing', status: 403 })
  assert.equal(ana.requests.length, 1)
})

test('a clock that lies by hours changes nothing', async (t) => {
  const ana = new Person()
  const client = ana.client(ana.source(600))
  const real = Date.now
  for (const hours of [-30, 30]) {
    t.mock.method(Date, 'now', () => real() + hours * 3_600_000)
    await client.me()
    await client.me()
  }
  assert.deepEqual(ana.asked, ['any'])
})

test('a source that fails is asked again, and its error is the cause', async () => {
  const ana = new Person()
  const source = ana.source()
  let failures = 1
  const flaky = ana.client(() => {
    if (failures-- > 0) throw new Error('off line')
    return source()
  })
  assert.equal((await flaky.me()).user_id, ana.user)
  const broken = ana.client(
    () => {
      throw new Error('off line')
    },
    { retries: 0 },
  )
  await assert.rejects(broken.me(), (error) => {
    assert.ok(isEstampeError(error, 'connection_lost'))
    assert.equal((error.cause as Error).message, 'off line')
    return true
  })
})
