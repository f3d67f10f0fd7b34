/** What usage is counted in, each by itself: pictures, seconds and money do not add up. */

import type { UsageRow } from '@estampe/client'
import type { Series } from '../../ui/chart-scale'
import type { Format } from '../../ui/format'

/** A unit's name (`images`, …), `gpu_seconds`, `jobs`, or `cost:EUR`. */
export type Measure = string
export type Split = 'kind' | 'model' | 'user'

const COST = 'cost:'
const FIRST = ['images', 'video_seconds']

/** Those that `rows` know: the units that were made, then time, money and jobs. */
export function measuresOf(rows: UsageRow[]): Measure[] {
  const units = new Set(rows.flatMap(({ units }) => Object.keys(units)))
  const sorted = [...units].sort((one, other) => placeOf(one) - placeOf(other) || one.localeCompare(other))
  const currencies = new Set(rows.flatMap(({ cost, currency }) => (cost != null && currency ? [currency] : [])))
  return [...sorted, 'gpu_seconds', ...[...currencies].sort().map((currency) => COST + currency), 'jobs']
}

const placeOf = (unit: string): number => (FIRST.indexOf(unit) + FIRST.length + 1) % (FIRST.length + 1)

/** null where the measure is not money. */
export const currencyOf = (measure: Measure): string | null =>
  measure.startsWith(COST) ? measure.slice(COST.length) : null

export function amount(row: UsageRow, measure: Measure): number {
  if (measure === 'gpu_seconds') return row.gpu_seconds
  if (measure === 'jobs') return row.succeeded
  const currency = currencyOf(measure)
  if (currency !== null) return row.currency === currency ? (row.cost ?? 0) : 0
  return row.units[measure] ?? 0
}

export const total = (rows: UsageRow[], measure: Measure): number =>
  rows.reduce((sum, row) => sum + amount(row, measure), 0)

/** A quantity with its unit, where its number alone would not say it. */
export function said(format: Format, measure: Measure, value: number): string {
  const currency = currencyOf(measure)
  if (currency !== null) {
    const digits = value === 0 || value >= 1 ? 2 : 4
    return format.number(value, { style: 'currency', currency, maximumFractionDigits: digits })
  }
  if (measure.endsWith('_seconds')) {
    return format.number(value, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 1 })
  }
  return format.number(value, { maximumFractionDigits: 2 })
}

export const groupOf = (row: UsageRow, split: Split): string =>
  (split === 'user' ? row.user_id : split === 'model' ? row.model : row.kind) ?? ''

/** How much of `measure` each group has, the largest first; those without any are left out. */
export function shared(rows: UsageRow[], split: Split, measure: Measure): { group: string; value: number }[] {
  const sums = new Map<string, number>()
  for (const row of rows) {
    const group = groupOf(row, split)
    sums.set(group, (sums.get(group) ?? 0) + amount(row, measure))
  }
  return [...sums]
    .map(([group, value]) => ({ group, value }))
    .filter(({ value }) => value > 0)
    .sort((one, other) => other.value - one.value || one.group.localeCompare(other.group))
}

/** One series a group, with a value for each of `days`. */
export function byDay(rows: UsageRow[], days: string[], split: Split, measure: Measure): Omit<Series, 'name'>[] {
  const places = new Map(days.map((day, place) => [day, place]))
  const series = new Map<string, number[]>()
  for (const row of rows) {
    const [place, value] = [places.get(row.day ?? ''), amount(row, measure)]
    if (place === undefined || value === 0) continue
    const group = groupOf(row, split)
    const values = series.get(group) ?? days.map(() => 0)
    values[place]! += value
    series.set(group, values)
  }
  return [...series].map(([key, values]) => ({ key, values }))
}
