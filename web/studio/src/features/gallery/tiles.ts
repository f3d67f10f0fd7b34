/** Jobs laid out as tiles: one for each file, or for each file that a job under way will bring. */

import { hasEnded, type OutputFile, type Snapshot } from '@estampe/client'

export interface Tile {
  /** Which it is, also in an address: the job and the place of the file in it, from 0. */
  key: string
  job: Snapshot
  file: OutputFile | undefined
  position: number
  of: number
}

export const promptOf = (job: Snapshot): string => {
  const { prompt } = job.parameters
  return typeof prompt === 'string' ? prompt : ''
}

export const keyOfTile = (id: string, position: number): string => `${id}.${position}`

export function readKey(key: string): { id: string; position: number } {
  const [id = '', position] = key.split('.')
  return { id, position: Math.max(0, Math.trunc(Number(position)) || 0) }
}

/** A job under way takes the place its files will have, so that nothing moves when they come. */
export function tilesOfJob(job: Snapshot): Tile[] {
  const asked = Number(job.parameters.num_outputs) || 1
  const of = job.outputs.length || (hasEnded(job) ? 1 : asked)
  return Array.from({ length: of }, (_, position) => ({
    key: keyOfTile(job.job_id, position),
    job,
    file: job.outputs[position],
    position,
    of,
  }))
}

const LAID = new WeakMap<Snapshot[], Tile[]>()

/** Each array of jobs is laid out once: most of a long gallery is as it was. */
export function tilesOf(chunks: Snapshot[][]): Tile[] {
  return chunks.flatMap((jobs) => {
    const laid = LAID.get(jobs) ?? jobs.flatMap(tilesOfJob)
    LAID.set(jobs, laid)
    return laid
  })
}

/** The tiles between two, both included, whichever comes first. */
export function between(tiles: Tile[], one: string, other: string): string[] {
  const at = [one, other].map((key) => tiles.findIndex((tile) => tile.key === key))
  if (at.includes(-1)) return [other]
  return tiles.slice(Math.min(...at), Math.max(...at) + 1).map(({ key }) => key)
}
