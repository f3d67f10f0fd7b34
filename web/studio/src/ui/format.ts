/** Numbers, dates and sizes as a language writes them. */

import { useMemo } from 'react'
import { useLanguage, type Language } from './language'

const DAY_MS = 86_400_000

export interface Format {
  number: (value: number, options?: Intl.NumberFormatOptions) => string
  percent: (fraction: number) => string
  seconds: (value: number) => string
  bytes: (value: number) => string
  money: (value: number, currency: string) => string
  /** 25 November 2026 at 14:00 */
  moment: (iso: string) => string
  day: (iso: string, options?: Intl.DateTimeFormatOptions) => string
  /** "5 minutes ago", up to a week; a date before that. */
  ago: (iso: string, now?: number) => string
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

export function format(language: Language): Format {
  const number = (value: number, options?: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(language, options).format(value)
  const day = (iso: string, options: Intl.DateTimeFormatOptions = { dateStyle: 'long' }) =>
    new Intl.DateTimeFormat(language, options).format(new Date(iso))
  return {
    number,
    percent: (fraction) => number(fraction, { style: 'percent', maximumFractionDigits: 0 }),
    seconds: (value) => duration(value, number),
    bytes(value) {
      const step = Math.min(value < 1 ? 0 : Math.floor(Math.log10(value) / 3), UNITS.length - 1)
      return number(value / 1000 ** step, { style: 'unit', unit: UNITS[step]!, maximumFractionDigits: 1 })
    },
    money: (value, currency) => number(value, { style: 'currency', currency, maximumFractionDigits: 4 }),
    moment: (iso) => day(iso, { dateStyle: 'long', timeStyle: 'short' }),
    day,
    ago(iso, now = Date.now()) {
      const past = new Date(iso).getTime() - now
      if (Math.abs(past) > 7 * DAY_MS) return day(iso, { dateStyle: 'medium' })
      const [unit, size] = STEPS.find(([, ms]) => Math.abs(past) >= ms) ?? (['second', 1000] as const)
      return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(past / size), unit)
    },
  }
}

function duration(value: number, number: Format['number']): string {
  const said = (amount: number, unit: string, digits = 0) =>
    number(amount, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits })
  if (value < 60) return said(value, 'second', value < 10 ? 1 : 0)
  if (value < 3600) return said(Math.round(value / 60), 'minute')
  return said(value / 3600, 'hour', 1)
}

export function useFormat(): Format {
  const { language } = useLanguage()
  return useMemo(() => format(language), [language])
}
