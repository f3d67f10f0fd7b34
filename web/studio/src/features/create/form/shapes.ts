/** From the widths and heights that a model makes to the shapes a person chooses from. */

import type { FieldSpec, NumberSpec } from './schema'

export interface Sides {
  width: NumberSpec
  height: NumberSpec
}

export interface Size {
  width: number
  height: number
}

export interface Shape extends Size {
  name: string
}

/** Of two that a model draws alike, the first is named. */
const RATIOS: [number, number][] = [
  [1, 1],
  [3, 4],
  [4, 5],
  [2, 3],
  [9, 16],
  [4, 3],
  [5, 4],
  [3, 2],
  [16, 9],
]
/** A model draws in steps of so many pixels: what comes out may differ by so much from what its name says. */
const TOLERANCE = 0.06
const USUAL_SIDE = 512

/** null where a model has no sizes. */
export function sidesOf(fields: Map<string, FieldSpec>): Sides | null {
  const [width, height] = [fields.get('width'), fields.get('height')]
  return width?.type === 'number' && height?.type === 'number' ? { width, height } : null
}

/** Each size once, from upright to wide. */
export function shapesOf(sides: Sides): Shape[] {
  const found = new Map<string, Shape>()
  for (const [across, down] of RATIOS) {
    const size = fitted(sides, across / down)
    const key = `${size.width} ${size.height}`
    const off = Math.abs(Math.log((size.width * down) / (size.height * across)))
    if (off <= TOLERANCE && !found.has(key)) found.set(key, { name: `${across}:${down}`, ...size })
  }
  return [...found.values()].sort((a, b) => a.width / a.height - b.width / b.height)
}

/** Of about the model's own area. */
export function fitted({ width, height }: Sides, ratio: number): Size {
  const across = Math.sqrt(usual(width) * usual(height) * ratio)
  return { width: near(across, width), height: near(across / ratio, height) }
}

export const usual = ({ default: fallback, minimum = 1, maximum = Infinity }: NumberSpec): number =>
  fallback ?? Math.min(Math.max(USUAL_SIDE, minimum), maximum)

function near(pixels: number, { multipleOf = 1, minimum = multipleOf, maximum }: NumberSpec): number {
  const rounded = Math.max(multipleOf, Math.round(pixels / multipleOf) * multipleOf)
  return Math.min(Math.max(rounded, minimum), maximum ?? rounded)
}
