/** What plots and tables of usage, keys and refusals are made of. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyFacts, UsageRow } from '@estampe/client'
import { curl, expiry, standing } from '../src/features/keys/standing'
import { placesOf, refusedIn, seriesOf, stepOf } from '../src/features/sign-ins/refusals'
import { byDay, measuresOf, said, shared, total } from '../src/features/usage/measures'
import { named, ranked, steps } from '../src/ui/chart-scale'
import { format } from '../src/ui/format'
import { daysIn, lengthOf, readPeriod, writePeriod } from '../src/ui/period'

const NOON = new Date('2026-03-01T12:00:00Z')
const DAY_MS = 86_400_000

const row = (more: Partial<UsageRow>): UsageRow => ({ attempts: 1, succeeded: 1, units: {}, gpu_seconds: 0, ...more })

const key = (more: Partial<KeyFacts>): KeyFacts => ({
  key_id: 'key_1',
  name: 'Robot',
  prefix: 'esk_1',
  scopes: [],
  user_id: 'user_ana',
  created_at: NOON.toISOString(),
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
  ...more,
})

test('a scale has at most five round steps and ends above what it shows', () => {
  for (const most of [0.003, 0.7, 1, 3, 7, 42, 99, 100, 101, 12_345]) {
    const scale = steps(most)
    assert.equal(scale[0], 0)
    assert.ok(scale.at(-1)! >= most && scale.length <= 6, `${most}: ${scale}`)
  }
  assert.deepEqual(steps(80), [0, 20, 40, 60, 80])
  assert.deepEqual(steps(0), [0, 1])
})

test('what is counted in whole numbers has no half a step', () => {
  for (const most of [1, 2, 3, 5, 9, 10, 33]) assert.ok(steps(most, true).every(Number.isInteger), String(most))
})

test('names below a plot are even, and few enough to be read', () => {
  assert.deepEqual(named(7, 8), [0, 1, 2, 3, 4, 5, 6])
  assert.deepEqual(named(30, 8), [0, 4, 8, 12, 16, 20, 24, 28])
  assert.deepEqual(named(0, 8), [])
})

test('the smallest series are put together, and nothing is lost', () => {
  const series = [1, 5, 3, 2].map((value) => ({ key: `k${value}`, name: `n${value}`, values: [value, 0] }))
  assert.deepEqual(
    ranked(series, 3, (count) => `${count} others`).map(({ name, values }) => [name, values]),
    [
      ['n5', [5, 0]],
      ['n3', [3, 0]],
      ['2 others', [3, 0]],
    ],
  )
})

test('an address says a period, and whatever makes no sense is the usual one', () => {
  const read = (text: string) => readPeriod(new URLSearchParams(text), '30d', NOON)
  assert.deepEqual(read(''), { chosen: '30d', from: '2026-01-31', to: '2026-03-01' })
  assert.deepEqual(read('period=month'), { chosen: 'month', from: '2026-03-01', to: '2026-03-01' })
  assert.deepEqual(read('from=2024-02-28&to=2024-03-01'), { chosen: 'own', from: '2024-02-28', to: '2024-03-01' })
  for (const nonsense of ['from=2026-02-30&to=2026-03-01', 'from=2026-03-02&to=2026-03-01', 'period=ever'])
    assert.equal(read(nonsense).chosen, '30d', nonsense)
  assert.equal(read('from=2020-01-01&to=2026-03-01').chosen, '30d')
  const own = read('from=2024-02-28&to=2024-03-01')
  assert.deepEqual(writePeriod(own, '30d'), { period: null, from: '2024-02-28', to: '2024-03-01' })
  assert.deepEqual(writePeriod(read(''), '30d'), { period: null, from: null, to: null })
  assert.deepEqual(daysIn(own), ['2024-02-28', '2024-02-29', '2024-03-01'])
  assert.equal(lengthOf(own), 3)
})

test('pictures, seconds and money are never added up', () => {
  const rows = [
    row({ units: { images: 2 }, gpu_seconds: 1.5, cost: 0.04, currency: 'EUR' }),
    row({ units: { video_seconds: 4 }, gpu_seconds: 3, cost: 1, currency: 'USD', attempts: 2 }),
    row({ units: { tracks: 1 } }),
  ]
  assert.deepEqual(measuresOf(rows), [
    'images',
    'video_seconds',
    'tracks',
    'gpu_seconds',
    'cost:EUR',
    'cost:USD',
    'jobs',
  ])
  assert.deepEqual(
    measuresOf(rows).map((measure) => total(rows, measure)),
    [2, 4, 1, 4.5, 0.04, 1, 3],
  )
  const [en, fr] = [format('en'), format('fr')]
  assert.equal(said(en, 'cost:EUR', 0.0004), '€0.0004')
  assert.equal(said(en, 'cost:EUR', 22.6), '€22.60')
  assert.equal(said(fr, 'images', 1234).replace(/\s/g, ' '), '1 234')
  assert.equal(said(en, 'gpu_seconds', 2.25), '2.3 sec')
})

test('usage is shared among groups, the largest first, and laid along the days', () => {
  const rows = [
    row({ day: '2026-03-01', model: 'small', units: { images: 1 } }),
    row({ day: '2026-03-02', model: 'large', units: { images: 3 } }),
    row({ day: '2026-03-02', model: 'small', units: { images: 1 } }),
    row({ day: '2025-01-01', model: 'large', units: { images: 9 } }),
    row({ day: '2026-03-02', model: 'clips', units: { video_seconds: 5 } }),
  ]
  assert.deepEqual(
    shared(rows, 'model', 'images').map(({ group }) => group),
    ['large', 'small'],
  )
  assert.deepEqual(byDay(rows, ['2026-03-01', '2026-03-02'], 'model', 'images'), [
    { key: 'small', values: [1, 1] },
    { key: 'large', values: [0, 3] },
  ])
})

test('a key stands as its dates say', () => {
  const later = (days: number) => new Date(NOON.getTime() + days * DAY_MS).toISOString()
  const at = (more: Partial<KeyFacts>) => standing(key(more), NOON.getTime())
  assert.equal(at({}), 'active')
  assert.equal(at({ expires_at: later(30) }), 'active')
  assert.equal(at({ expires_at: later(6) }), 'soon')
  assert.equal(at({ expires_at: later(-1) }), 'expired')
  assert.equal(at({ expires_at: later(30), revoked_at: later(-1) }), 'withdrawn')
})

test('a key expires after some days, never, or at the end of a day to come', () => {
  const now = NOON.getTime()
  assert.equal(expiry('30', '', now), '2026-03-31T12:00:00.000Z')
  assert.equal(expiry('never', '', now), null)
  assert.equal(expiry('own', '', now), undefined)
  assert.equal(expiry('own', '2026-02-01', now), undefined)
  assert.ok(Date.parse(expiry('own', '2026-03-05', now)!) > now)
})

test('a key is tried with what it may do', () => {
  const line = (scopes: string[]) => curl('https://here/below', 'esk_1', scopes, 'une pomme')
  assert.match(line(['usage:read']), /^curl -s https:\/\/here\/below\/api\/me/)
  assert.match(line(['videos:generate']), /api\/videos\/generate[^]*esk_1[^]*"prompt": "une pomme"/)
  assert.match(line(['videos:generate', 'images:generate']), /api\/images\/generate/)
})

test('refusals are laid along hours or days, and what was accepted is not among them', () => {
  const today = { chosen: '1d', from: '2026-03-01', to: '2026-03-01' } as const
  assert.equal(stepOf(today), 'hour')
  assert.equal(stepOf({ ...today, from: '2026-02-01' }), 'day')
  const hours = placesOf(today, 'hour', NOON.getTime())
  assert.equal(hours.length, 13)
  const groups = [
    { at: '2026-03-01T11:00:00Z', reason: 'token_expired', count: 2 },
    { at: '2026-03-01T12:00:00Z', reason: 'accepted', count: 40 },
    { at: '2026-03-01T12:00:00Z', reason: 'token_expired', count: 1 },
  ]
  assert.deepEqual(
    seriesOf(groups, hours).map(({ key, values }) => [key, values.slice(-3)]),
    [['token_expired', [0, 2, 1]]],
  )
  assert.deepEqual(refusedIn({ accepted: 40, key_revoked: 1, token_expired: 3 }), [
    ['token_expired', 3],
    ['key_revoked', 1],
  ])
})
