/** What is otherwise in a page: its language, and few connections. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

const page = { documentElement: { lang: '' } }
Object.assign(globalThis, { document: page })
const { pageLanguage } = await import('@estampe/client')
const { Person, small } = await import('./person.js')

test('many waits leave connections to the rest of the page', async () => {
  const ana = new Person()
  const client = ana.client()
  const jobs = await Promise.all(
    [1, 2, 3, 4, 5].map((n) => client.images.create({ ...small, prompt: `[sleep 0.1] ${n}` })),
  )
  const ended = await Promise.all(jobs.map(({ job_id }) => client.images.wait(job_id)))
  assert.deepEqual(new Set(ended.map((job) => job.status)), new Set(['succeeded']))
  const first = ana.requests.filter(({ method }) => method === 'GET').slice(0, 5)
  assert.equal(first.filter(({ url }) => url.endsWith('/events')).length, 3)
})

test('the page says which language it speaks, else the browser', (t) => {
  page.documentElement.lang = 'fr-CA'
  assert.equal(pageLanguage(), 'fr')
  page.documentElement.lang = 'en'
  assert.equal(pageLanguage(), 'en')
  page.documentElement.lang = ''
  Object.defineProperty(globalThis, 'navigator', { value: { language: 'de-CH' }, configurable: true })
  assert.equal(pageLanguage(), 'en')
  Object.defineProperty(globalThis, 'navigator', { value: { language: '' }, configurable: true })
  assert.equal(pageLanguage(), 'fr')
  t.after(() => Reflect.deleteProperty(globalThis, 'document'))
})
