/** Waits for a job of its own and prints what becomes of it; whoever started it may stop and continue its process. */

import { Estampe } from '@estampe/client'
import { stdout } from 'node:process'

const { TESTS_SERVICE_URL: baseUrl, TESTS_RECEPTION_URL: reception, TESTS_USER: user } = process.env
const token = async () => (await fetch(`${reception}/token?user=${user}&ttl=2`)).text()
const client = new Estampe({ baseUrl, token })

const { job_id: id } = await client.images.create({ prompt: '[steps 4] [sleep 0.5] made while its maker slept' })
stdout.write(`${id}\n`)
const job = await client.jobs.wait(id)
stdout.write(`${job.status}\n`)
