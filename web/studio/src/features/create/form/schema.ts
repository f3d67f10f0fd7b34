/** From a model's JSON Schema to the fields that a form draws, in the schema's order. */

import type { Model } from '@estampe/client'

export type Scalar = string | number | boolean
export type Values = Record<string, Scalar>

interface Described {
  name: string
  title: string | undefined
  description: string | undefined
}

export interface NumberSpec extends Described {
  type: 'number'
  whole: boolean
  minimum: number | undefined
  maximum: number | undefined
  multipleOf: number | undefined
  default: number | undefined
}

export interface ChoiceSpec extends Described {
  type: 'choice'
  options: Scalar[]
  default: Scalar | undefined
}

export interface ToggleSpec extends Described {
  type: 'toggle'
  default: boolean | undefined
}

export interface TextSpec extends Described {
  type: 'text'
  maxLength: number | undefined
  default: string | undefined
}

export type FieldSpec = NumberSpec | ChoiceSpec | ToggleSpec | TextSpec

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)
const numeric = (value: unknown) => (typeof value === 'number' ? value : undefined)
const textual = (value: unknown) => (typeof value === 'string' ? value : undefined)

/** What a form cannot draw, as an object or a list, is left out: the model has a default for it, or refuses. */
export function fieldsOf({ parameters }: Pick<Model, 'parameters'>): Map<string, FieldSpec> {
  const fields = new Map<string, FieldSpec>()
  for (const [name, said] of Object.entries(isObject(parameters.properties) ? parameters.properties : {})) {
    const field = isObject(said) ? fieldOf(name, plain(said)) : undefined
    if (field) fields.set(name, field)
  }
  return fields
}

/** “This or null” is this. */
function plain(said: Json): Json {
  const several = said.anyOf ?? said.oneOf
  const other = Array.isArray(several) ? several.find((one) => isObject(one) && one.type !== 'null') : undefined
  const type = Array.isArray(said.type) ? said.type.find((one) => one !== 'null') : said.type
  return { ...said, type, ...(isObject(other) && other) }
}

function fieldOf(name: string, said: Json): FieldSpec | undefined {
  const described = { name, title: textual(said.title), description: textual(said.description) }
  if (Array.isArray(said.enum)) {
    const options = said.enum.filter(isScalar)
    return { ...described, type: 'choice', options, default: isScalar(said.default) ? said.default : undefined }
  }
  if (said.type === 'integer' || said.type === 'number') return { ...described, ...numberOf(said) }
  if (said.type === 'boolean')
    return { ...described, type: 'toggle', default: typeof said.default === 'boolean' ? said.default : undefined }
  if (said.type === 'string')
    return { ...described, type: 'text', maxLength: numeric(said.maxLength), default: textual(said.default) }
  return undefined
}

function numberOf(said: Json): Omit<NumberSpec, keyof Described> {
  const whole = said.type === 'integer'
  const beyond = whole ? 1 : 0
  const above = numeric(said.exclusiveMinimum)
  const below = numeric(said.exclusiveMaximum)
  return {
    type: 'number',
    whole,
    minimum: numeric(said.minimum) ?? (above === undefined ? undefined : above + beyond),
    maximum: numeric(said.maximum) ?? (below === undefined ? undefined : below - beyond),
    multipleOf: numeric(said.multipleOf),
    default: numeric(said.default),
  }
}

/** How far one step of a slider goes: about a hundredth of the way, in a round number. */
export function stepOf({ whole, minimum = 0, maximum = 1, multipleOf }: NumberSpec): number {
  if (multipleOf) return multipleOf
  if (whole) return 1
  return 10 ** Math.floor(Math.log10((maximum - minimum || 1) / 50))
}

/** What is known of a field, as a person would say it who does not know it: `noise_level` is “Noise level”. */
export function humanized(name: string): string {
  const words = name.replace(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
