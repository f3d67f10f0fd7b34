// OpenAI's own client for JavaScript against the service: prints what it got, as JSON.
//   node drive.mjs BASE_URL API_KEY SCENE
import OpenAI, { toFile } from 'openai'

const [baseURL, apiKey, scene] = process.argv.slice(2)
const client = new OpenAI({ baseURL, apiKey, maxRetries: 3, timeout: 60_000 })
const small = { size: '64x64' }
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGNkYPjFgA0wYRUdtBIAx2oBCokzYHkAAAAASUVORK5CYII=',
  'base64',
)
const kind = (b64) => Buffer.from(b64, 'base64').subarray(1, 4).toString()

async function refused(promise) {
  try {
    await promise
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code, param: error.param, type: error.type }
  }
  throw new Error('it was not refused')
}

const scenes = {
  async pictures() {
    const made = await client.images.generate({ prompt: 'a cat', n: 2, ...small })
    const linked = await client.images.generate({ prompt: 'a cat', response_format: 'url', ...small })
    return {
      kinds: made.data.map((image) => kind(image.b64_json)),
      url: (await fetch(linked.data[0].url)).headers.get('content-type'),
      inline: linked.data[0].b64_json ?? null,
    }
  },
  async edit() {
    const image = await toFile(png, 'picture.png', { type: 'image/png' })
    const made = await client.images.edit({ image, prompt: 'a hat', ...small })
    return { kind: kind(made.data[0].b64_json) }
  },
  async stream() {
    const stream = await client.images.generate({
      prompt: '[steps 6] [sleep 0.6] a cat', stream: true, partial_images: 1, ...small,
    })
    const types = []
    for await (const event of stream) types.push(event.type)
    return types
  },
  async video() {
    const reference = await toFile(png, 'picture.png', { type: 'image/png' })
    const asked = await client.videos.create({ prompt: 'a boat', seconds: '2', input_reference: reference, ...small })
    let made = asked
    while (['queued', 'in_progress'].includes(made.status)) {
      const { data, response } = await client.videos.retrieve(asked.id).withResponse()
      made = data
      await new Promise((done) => setTimeout(done, Number(response.headers.get('openai-poll-after-ms'))))
    }
    const content = await client.videos.downloadContent(made.id)
    const size = (await content.arrayBuffer()).byteLength
    const ids = []
    for await (const clip of client.videos.list({ limit: 1 })) ids.push(clip.id)
    const gone = await client.videos.delete(made.id)
    return { status: made.status, seconds: made.seconds, type: content.headers.get('content-type'), size, ids, gone }
  },
  async models() {
    const ids = []
    for await (const model of client.models.list()) ids.push(model.id)
    return ids
  },
  async refusals() {
    const stranger = new OpenAI({ baseURL, apiKey: 'sk-nothing', maxRetries: 0 })
    return [
      await refused(stranger.models.list()),
      await refused(client.images.generate({ prompt: 'a', style: 'natural' })),
      await refused(client.images.generate({ prompt: 'a', model: 'dall-e-3' })),
      await refused(client.videos.retrieve('job_' + 'a'.repeat(24))),
      await refused(client.images.generate({ prompt: '[fail] a', ...small })),
    ]
  },
  async patience() {
    const made = await client.images.generate({ prompt: '[steps 10] [sleep 0.2] a', ...small })
    return { job_id: made.job_id }
  },
}

console.log(JSON.stringify(await scenes[scene]()))
