/** What the page makes of a model's schema, and of what it asks for: no page, no server. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EstampeError, Refused, type Model, type Snapshot } from '@estampe/client'
import { Asks, type Maker } from '../src/features/create/asks'
import { bodyOf, draftOf, EMPTY, type Body } from '../src/features/create/draft'
import { faultsOf } from '../src/features/create/faults'
import { fieldsOf, humanized, stepOf, type NumberSpec } from '../src/features/create/form/schema'
import { hung } from '../src/features/create/prints/hung'
import { fitted, shapesOf, sidesOf } from '../src/features/create/form/shapes'

const SIDE = { type: 'integer', minimum: 64, maximum: 1024, multipleOf: 64, default: 512 }

const model = (properties: Record<string, unknown>): Model => ({
  name: 'some-model',
  kind: 'image',
  engine: 'some-engine',
  title: 'Some model',
  parameters: { type: 'object', properties },
})

test('each field is drawn by its type, in the order of the schema', () => {
  const fields = fieldsOf(
    model({
      prompt: { type: 'string', maxLength: 4000 },
      steps: { type: 'integer', exclusiveMinimum: 0, maximum: 50, default: 12 },
      style: { enum: ['flat', '3d'], default: 'flat' },
      tiled: { type: 'boolean', title: 'Tiles well' },
      bias: { anyOf: [{ type: 'number', minimum: 0, maximum: 1 }, { type: 'null' }] },
      nested: { type: 'object' },
    }),
  )
  assert.deepEqual(
    [...fields.values()].map(({ name, type }) => [name, type]),
    [
      ['prompt', 'text'],
      ['steps', 'number'],
      ['style', 'choice'],
      ['tiled', 'toggle'],
      ['bias', 'number'],
    ],
  )
  const steps = fields.get('steps') as NumberSpec
  assert.deepEqual([steps.minimum, steps.maximum, steps.default, stepOf(steps)], [1, 50, 12, 1])
  assert.equal(stepOf(fields.get('bias') as NumberSpec), 0.01)
  assert.equal(fields.get('tiled')?.title, 'Tiles well')
  assert.equal(humanized('noise_level'), 'Noise level')
})

test('shapes keep to what the model can make, and to what their names say', () => {
  const sides = sidesOf(fieldsOf(model({ width: SIDE, height: SIDE })))!
  const shapes = shapesOf(sides)
  for (const { name, width, height } of shapes) {
    const [across, down] = name.split(':').map(Number)
    assert.ok(width % 64 === 0 && height % 64 === 0 && Math.max(width, height) <= 1024)
    assert.ok(Math.abs((width * down!) / (height * across!) - 1) < 0.07, `${name} is ${width} by ${height}`)
  }
  assert.ok(shapes.some(({ name, width, height }) => name === '1:1' && width === 512 && height === 512))
  assert.ok(shapes.some(({ width, height }) => width > height) && shapes.some(({ width, height }) => width < height))
  assert.deepEqual(fitted(sides, 16 / 9), { width: 704, height: 384 })
})

test('a model of one size has one shape, and one without sizes has none', () => {
  const fixed = { type: 'integer', minimum: 512, maximum: 512, default: 512 }
  assert.deepEqual(
    shapesOf(sidesOf(fieldsOf(model({ width: fixed, height: fixed })))!).map(({ name }) => name),
    ['1:1'],
  )
  assert.equal(sidesOf(fieldsOf(model({ width: SIDE }))), null)
})

const start = { asset_id: 'as_1', url: '', width: 8, height: 8 }

test('what is sent is what was chosen and the model takes', () => {
  const draft = { ...EMPTY, prompt: ' a cat ', values: { seed: 7, fps: 12, strength: 0.3 }, start }
  const plain = model({ prompt: { type: 'string' }, seed: { type: 'integer' } })
  assert.deepEqual(bodyOf(draft, plain), { prompt: 'a cat', model: 'some-model', seed: 7 })
  const starts = model({ input_asset_id: { type: 'string' }, strength: { type: 'number' } })
  assert.deepEqual(bodyOf(draft, starts), {
    prompt: 'a cat',
    model: 'some-model',
    strength: 0.3,
    input_asset_id: 'as_1',
  })
  assert.deepEqual(bodyOf({ ...draft, start: null }, starts), { prompt: 'a cat', model: 'some-model' })
})

test('the settings of a job come back as what differs from the defaults, with or without its seed', () => {
  const takes = model({ prompt: { type: 'string' }, width: SIDE, height: SIDE, seed: { type: 'integer' } })
  const job = { parameters: { prompt: 'a cat', width: 640, height: 512, seed: 9 } } as unknown as Snapshot
  assert.deepEqual(draftOf(job, takes, { seed: true }).values, { width: 640, seed: 9 })
  assert.deepEqual(draftOf(job, takes, { seed: false }).values, { width: 640 })
})

test('faults land on the fields that are shown; the rest is said', () => {
  const refused = new Refused(422, {
    title: 'Not possible.',
    errors: [
      { pointer: '/width', detail: 'too wide' },
      { pointer: '/a~1b', detail: 'not known' },
    ],
  })
  assert.deepEqual(
    faultsOf(refused, (name) => name === 'width'),
    { fields: { width: 'too wide' }, rest: 'Not possible. not known' },
  )
  assert.deepEqual(
    faultsOf(new Error('away'), () => true),
    { fields: {}, rest: 'away' },
  )
  assert.deepEqual(
    faultsOf(null, () => true),
    { fields: {}, rest: '' },
  )
})

class Server implements Maker {
  readonly keys: string[] = []
  readonly canceled: string[] = []
  losing = 0
  refusal: Error | undefined
  /** What happens while it looks. */
  meanwhile = () => {}

  async create(_: Body, { idempotencyKey }: { idempotencyKey?: string | undefined }) {
    this.keys.push(idempotencyKey!)
    if (this.losing-- > 0) throw new EstampeError('connection_lost', 'lost')
    return { job_id: `job of ${idempotencyKey}` } as never
  }

  async get(job_id: string) {
    this.meanwhile()
    return { job_id } as Snapshot
  }

  async cancel(job_id: string) {
    this.canceled.push(job_id)
    if (this.refusal) throw this.refusal
    return { job_id, status: 'canceled' } as Snapshot
  }
}

const BODY = { prompt: 'a cat', model: 'some-model' }
const LISTED = async () => {}

test('several of the same are several jobs, and a lost answer never buys twice', async () => {
  const [asks, server] = [new Asks(), new Server()]
  await Promise.all([asks.make(BODY, server, LISTED), asks.make(BODY, server, LISTED)])
  assert.equal(new Set(server.keys).size, 2)
  server.losing = 1
  await assert.rejects(asks.make(BODY, server, LISTED), { code: 'connection_lost' })
  assert.deepEqual(asks.read(), [])
  await asks.make({ ...BODY, prompt: 'a dog' }, server, LISTED)
  await asks.make(BODY, server, LISTED)
  await asks.make(BODY, server, LISTED)
  const [, , lost, dog, again, next] = server.keys
  assert.equal(again, lost)
  assert.equal(new Set([lost, dog, next]).size, 3)
})

test('a card keeps its name from the click to the job, and one that is canceled at once ends', async () => {
  const [asks, server] = [new Asks(), new Server()]
  const made = asks.make(BODY, server, async (job) => assert.equal(asks.keyOf(job!.job_id), key))
  const { key } = asks.read()[0]!
  asks.cancel(key)
  await made
  assert.equal(server.canceled.length, 1)
  assert.equal(asks.keyOf('job of another'), 'job of another')
})

test('what is canceled between the answer and the first look ends too', async () => {
  const [asks, server] = [new Asks(), new Server()]
  const listed: (Snapshot | null)[] = []
  server.meanwhile = () => asks.cancel(asks.read()[0]!.key)
  await asks.make(BODY, server, async (job) => void listed.push(job))
  assert.equal(server.canceled.length, 1)
  assert.deepEqual(
    listed.map((job) => job?.status),
    ['canceled'],
  )
})

test('what the server would not cancel goes on, and its card is told why', async () => {
  const [asks, server] = [new Asks(), new Server()]
  server.refusal = new Error('no answer')
  const listed: (Snapshot | null)[] = []
  const made = asks.make(BODY, server, async (job) => void listed.push(job))
  const { key } = asks.read()[0]!
  const canceled = asks.cancel(key)
  await assert.rejects(canceled, { message: 'no answer' })
  await made
  assert.equal(listed[0]?.job_id, `job of ${server.keys[0]}`)
})

test('a job that is told of before its ask is answered has no card of its own', async () => {
  const [asks, server] = [new Asks(), new Server()]
  const job = (job_id: string, prompt = BODY.prompt) => ({ job_id, parameters: { prompt } }) as unknown as Snapshot
  const made = asks.make(BODY, server, LISTED, new Set(['job from before']))
  assert.ok(asks.isAwaited(job('job of it')))
  assert.ok(!asks.isAwaited(job('job from before')))
  assert.ok(!asks.isAwaited(job('job of another', 'a dog')))
  await made
  assert.ok(!asks.isAwaited(job('job of it')))
})

test('several prints of one shape hang as large as a square mat lets them', () => {
  assert.deepEqual(hung(1, 512, 512), { columns: 1, width: 1 })
  assert.deepEqual(hung(4, 512, 512), { columns: 2, width: 0.5 })
  assert.deepEqual(hung(1, 384, 768), { columns: 1, width: 0.5 })
  assert.deepEqual(hung(2, 768, 384), { columns: 1, width: 1 })
})
