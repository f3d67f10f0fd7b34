/** What the gallery reads from an address, lays out, joins, and where its keys lead. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobPage, OutputFile, Snapshot } from '@estampe/client'
import { filtersOf, isFiltered, NO_FILTERS, queryOf, searchOf } from '../src/features/gallery/address'
import { nameOf } from '../src/features/gallery/download'
import { differences, namesOf } from '../src/features/gallery/parameters'
import { join } from '../src/features/gallery/shelf'
import { between, readKey, tilesOf, tilesOfJob } from '../src/features/gallery/tiles'
import { target } from '../src/features/gallery/useRoving'

const job = (id: string, more: Partial<Snapshot> = {}): Snapshot =>
  ({ job_id: id, status: 'succeeded', model: 'm', parameters: { prompt: id }, outputs: [{}], ...more }) as Snapshot

const page = (ids: string[], next: string | null = 'more'): JobPage => ({
  jobs: ids.map((id) => job(id)),
  next_cursor: next,
})

const shown = (chunks: Snapshot[][]): string =>
  chunks
    .flat()
    .map(({ job_id }) => job_id)
    .join('')

test('an address says its filters again, and nothing that is not set', () => {
  const search = '?q=red+kite&kind=image&person=user_1&from=2026-03-01&to=2026-03-02&mine=1'
  assert.equal(searchOf(filtersOf(search)), search)
  assert.equal(searchOf(NO_FILTERS), '')
  assert.equal(isFiltered(filtersOf('?output=3')), false)
})

test('a day that is none is as if it were not there', () => {
  for (const day of ['2026-13-01', 'yesterday', '', '2026-1-1']) assert.equal(filtersOf(`?from=${day}`).from, '')
})

test('days are whole days where the person is', () => {
  const { created_after: after, created_before: before } = queryOf(filtersOf('?from=2026-03-01&to=2026-03-01'))
  const first = new Date('2026-03-01T00:00').getTime()
  assert.equal(new Date(after!).getTime(), first - 1)
  assert.equal(new Date(before!).getTime(), new Date('2026-03-02T00:00').getTime())
})

test('a job under way takes the places that its files will have', () => {
  const waiting = job('a', { status: 'running', outputs: [], parameters: { num_outputs: 3 } })
  assert.deepEqual(
    tilesOfJob(waiting).map(({ key }) => key),
    ['a.0', 'a.1', 'a.2'],
  )
  assert.equal(tilesOfJob({ ...waiting, status: 'failed' }).length, 1)
  assert.deepEqual(readKey('a.2'), { id: 'a', position: 2 })
})

test('what is new stands above what was scrolled to, and what was deleted above is gone', () => {
  const wall = [page(['d', 'c', 'b']), page(['a'], null)]
  assert.equal(shown(join(wall, undefined).chunks), 'dcba')
  assert.equal(shown(join(wall, page(['f', 'e', 'd'])).chunks), 'fedcba')
  assert.equal(shown(join(wall, page(['e', 'd', 'b'])).chunks), 'edba')
  assert.equal(shown(join(wall, page(['b', 'a'], null)).chunks), 'ba')
})

test('more that is new than a page holds begins the wall anew', () => {
  assert.deepEqual(join([page(['a'])], page(['z', 'y'])), { chunks: [page(['z', 'y']).jobs], torn: true, isAll: false })
})

test('a stretch is chosen from either end', () => {
  const tiles = tilesOf([page(['a', 'b', 'c', 'd']).jobs])
  assert.deepEqual(between(tiles, 'd.0', 'b.0'), ['b.0', 'c.0', 'd.0'])
  assert.deepEqual(between(tiles, 'gone.0', 'b.0'), ['b.0'])
})

test('keys lead over the wall and never off it sideways of a row that is not there', () => {
  const from = (key: string, at: number, ctrlKey = false) => target({ key, ctrlKey }, at, 3, 8)
  assert.equal(from('ArrowDown', 1), 4)
  assert.equal(from('ArrowDown', 7), 7)
  assert.equal(from('ArrowUp', 1), 1)
  assert.equal(from('Home', 4), 3)
  assert.equal(from('End', 3), 5)
  assert.equal(from('End', 0, true), 7)
  assert.equal(from('a', 0), undefined)
})

test('what was asked differently is told, and the model with it', () => {
  const one = job('a', { parameters: { seed: 1, fps: 8 } })
  assert.deepEqual(differences(one, job('b', { model: 'n', parameters: { seed: 2, fps: 8 } })), ['seed', 'model'])
  assert.deepEqual(differences(one, one), [])
  assert.deepEqual(namesOf(job('a', { parameters: { output_format: 'png', zoom: 1, fps: 8, seed: 1 } })), [
    'fps',
    'zoom',
    'output_format',
  ])
})

test('a file is saved under the words of its prompt', () => {
  const file = { seed: 42, media_type: 'image/jpeg' } as OutputFile
  const named = (prompt: string) =>
    nameOf({ key: '', job: job('job_1', { parameters: { prompt } }), file, position: 0, of: 1 })
  assert.equal(named('Une forêt, l’été !'), 'une-foret-l-ete-42.jpg')
  assert.equal(named('…'), 'job_1-42.jpg')
  assert.ok(named('word '.repeat(200)).length < 70)
})
