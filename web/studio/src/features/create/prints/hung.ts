/** How several prints of one shape hang together on a square mat, as large as may be. */

export interface Hanging {
  columns: number
  /** Of the mat's side, in 0..1. */
  width: number
}

export function hung(count: number, width: number, height: number): Hanging {
  const ways = Array.from({ length: count }, (_, more) => more + 1).map((columns) => {
    const rows = Math.ceil(count / columns)
    return { columns, width: Math.min(1 / columns, width / height / rows) }
  })
  return ways.reduce((best, way) => (way.width > best.width ? way : best))
}
