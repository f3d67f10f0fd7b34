/** From which day to which: what is offered, what an address says, and the days in between. Days are of UTC, as the server's. */

export type Preset = '1d' | '7d' | '30d' | '90d' | 'month'
const PRESETS: Preset[] = ['1d', '7d', '30d', '90d', 'month']

export interface Period {
  /** "own" is two days that somebody chose. */
  chosen: Preset | 'own'
  /** The first and the last day: 2026-11-25. */
  from: string
  to: string
}

const DAY_MS = 86_400_000
const LONGEST_DAYS = 366
const DAY = /^\d{4}-\d{2}-\d{2}$/

export const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10)

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`)

export const daysLater = (day: string, days: number): string => dayOf(new Date(at(day) + days * DAY_MS))

/** How many days there are, both ends counted. */
export const lengthOf = ({ from, to }: Pick<Period, 'from' | 'to'>): number => (at(to) - at(from)) / DAY_MS + 1

export function preset(name: Preset, now: Date): Period {
  const today = dayOf(now)
  if (name === 'month') return { chosen: name, from: `${today.slice(0, 8)}01`, to: today }
  return { chosen: name, from: daysLater(today, 1 - Number.parseInt(name, 10)), to: today }
}

/** What an address says; whatever makes no sense is the usual period. */
export function readPeriod(said: URLSearchParams, usual: Preset, now = new Date()): Period {
  const [from, to] = [said.get('from') ?? '', said.get('to') ?? '']
  if (isDay(from) && isDay(to) && from <= to && lengthOf({ from, to }) <= LONGEST_DAYS)
    return { chosen: 'own', from, to }
  return preset(PRESETS.find((name) => name === said.get('period')) ?? usual, now)
}

/** The same, as an address says it. */
export function writePeriod({ chosen, from, to }: Period, usual: Preset): Record<string, string | null> {
  if (chosen === 'own') return { period: null, from, to }
  return { period: chosen === usual ? null : chosen, from: null, to: null }
}

function isDay(text: string): boolean {
  return DAY.test(text) && !Number.isNaN(at(text)) && dayOf(new Date(at(text))) === text
}

export const daysIn = (period: Pick<Period, 'from' | 'to'>): string[] =>
  Array.from({ length: lengthOf(period) }, (_, index) => daysLater(period.from, index))
