/** Where things stand in a plot: round steps of its scale, which days are named, which series are told apart. */

/** From 0 up past `most`, in at most five round steps: of 1 at least, where what is counted is `whole`. */
export function steps(most: number, whole = false): number[] {
  if (!(most > 0)) return [0, 1]
  const rough = most / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const sizes = [1, 2, 2.5, 5, 10].map((times) => times * power)
  const step = sizes.find((size) => size >= rough && (!whole || Number.isInteger(size))) ?? 1
  const count = Math.ceil(most / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

/** Which of `count` are named, so that at most `most` are: evenly, from the first on. */
export function named(count: number, most: number): number[] {
  const every = Math.max(1, Math.ceil(count / most))
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every)
}

export interface Series {
  key: string
  name: string
  /** One for each place along the plot. */
  values: number[]
}

export const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)

/** The largest first; what is more than `most` is put together under `rest`. */
export function ranked(series: Series[], most: number, rest: (count: number) => string): Series[] {
  const sorted = series.toSorted((one, other) => sum(other.values) - sum(one.values))
  if (sorted.length <= most) return sorted
  const left = sorted.slice(most - 1)
  const values = left[0]!.values.map((_, place) => sum(left.map((one) => one.values[place]!)))
  return [...sorted.slice(0, most - 1), { key: '…', name: rest(left.length), values }]
}
