/** What was refused, over time: by the hour of a short time, by the day of a long one. */

import type { AuthEventPage } from '@estampe/client'
import type { Series } from '../../ui/chart-scale'
import { daysIn, daysLater, lengthOf, type Period } from '../../ui/period'

export type Step = 'hour' | 'day'

export const ACCEPTED = 'accepted'
const LONGEST_BY_HOUR_DAYS = 3
const HOUR_MS = 3_600_000

export const stepOf = (period: Period): Step => (lengthOf(period) <= LONGEST_BY_HOUR_DAYS ? 'hour' : 'day')

/** The period as moments: its last day is in it, whole. */
export const momentsOf = ({ from, to }: Period) => ({
  from: `${from}T00:00:00Z`,
  to: `${daysLater(to, 1)}T00:00:00Z`,
})

/** When each step begins, the last one being the present one. */
export function placesOf(period: Period, step: Step, now = Date.now()): number[] {
  const days = daysIn(period).map((day) => Date.parse(`${day}T00:00:00Z`))
  if (step === 'day') return days
  const hours = days.flatMap((day) => Array.from({ length: 24 }, (_, hour) => day + hour * HOUR_MS))
  const begun = hours.filter((hour) => hour <= now)
  return begun.length > 0 ? begun : hours
}

/** One series a reason, with a count for each of `places`; what was accepted is not among them. */
export function seriesOf(groups: AuthEventPage['groups'], places: number[]): Omit<Series, 'name'>[] {
  const at = new Map(places.map((moment, place) => [moment, place]))
  const series = new Map<string, number[]>()
  for (const { at: moment, reason, count } of groups) {
    const place = at.get(Date.parse(moment))
    if (reason === ACCEPTED || place === undefined) continue
    const values = series.get(reason) ?? places.map(() => 0)
    values[place]! += count
    series.set(reason, values)
  }
  return [...series].map(([key, values]) => ({ key, values }))
}

/** The most frequent first. */
export const refusedIn = (counts: Record<string, number>): [string, number][] =>
  Object.entries(counts)
    .filter(([reason]) => reason !== ACCEPTED)
    .sort(([one, ones], [other, others]) => others - ones || one.localeCompare(other))
