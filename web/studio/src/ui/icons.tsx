/** Signs, drawn on a grid of 16: each says nothing to a screen reader, so what bears one has a name. */

import type { ReactElement, ReactNode } from 'react'

export type Sign = () => ReactElement

const drawn = (lines: ReactNode): Sign =>
  function Icon() {
    return (
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor">
        <g strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
          {lines}
        </g>
      </svg>
    )
  }

export const Close = drawn(<path d="M3.5 3.5l9 9M12.5 3.5l-9 9" />)
export const Check = drawn(<path d="M3 8.5l3.2 3.2L13 5" />)
export const Down = drawn(<path d="M4 6l4 4 4-4" />)
export const Left = drawn(<path d="M10 3.5L5.5 8l4.5 4.5" />)
export const Right = drawn(<path d="M6 3.5L10.5 8 6 12.5" />)
export const Plus = drawn(<path d="M8 3v10M3 8h10" />)
export const More = drawn(<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.2" />)
export const Download = drawn(<path d="M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10" />)
export const Trash = drawn(<path d="M2.8 4.2h10.4M6.3 4V2.5h3.4V4M4.2 4.5l.6 9h6.4l.6-9M6.8 7v4M9.2 7v4" />)
export const Search = drawn(
  <>
    <circle cx="7" cy="7" r="4.2" />
    <path d="M10.2 10.2l3.3 3.3" />
  </>,
)
export const Lock = drawn(<path d="M4 7.2h8v6H4zM5.8 7V5.2a2.2 2.2 0 014.4 0V7" />)
export const Unlock = drawn(<path d="M4 7.2h8v6H4zM5.8 7V5.2a2.2 2.2 0 014.2-.9" />)
export const Dice = drawn(
  <>
    <rect x="2.8" y="2.8" width="10.4" height="10.4" rx="2" />
    <path d="M5.6 5.6h.01M10.4 5.6h.01M8 8h.01M5.6 10.4h.01M10.4 10.4h.01" strokeWidth="1.8" />
  </>,
)
export const Picture = drawn(
  <>
    <rect x="2.5" y="3" width="11" height="10" rx="1.5" />
    <path d="M3 11l3-3 2.5 2.5 2-2L13 11M10.5 6h.01" />
  </>,
)
export const Clip = drawn(
  <>
    <rect x="2" y="3.5" width="8.5" height="9" rx="1.5" />
    <path d="M10.5 7l3.5-2v6l-3.5-2" />
  </>,
)
export const Repeat = drawn(<path d="M3 6.5A5 5 0 0112.5 5M13 2.8V5.3h-2.5M13 9.5A5 5 0 013.5 11M3 13.2v-2.5h2.5" />)
export const Sliders = drawn(<path d="M3 5h5M11 5h2M3 11h2M8 11h5M9.5 3.5v3M6.5 9.5v3" />)
export const Copy = drawn(<path d="M5.5 5.5h7.5v7.5H5.5zM10.5 5.2V3H3v7.5h2.2" />)
export const Eye = drawn(
  <>
    <path d="M1.8 8C3.4 5.2 5.5 3.8 8 3.8S12.6 5.2 14.2 8c-1.6 2.8-3.7 4.2-6.2 4.2S3.4 10.8 1.8 8z" />
    <circle cx="8" cy="8" r="1.8" />
  </>,
)
export const Key = drawn(
  <>
    <circle cx="5.2" cy="8" r="2.7" />
    <path d="M8 8h5.8M11.2 8v2.4M13.4 8v1.6" />
  </>,
)
export const Brush = drawn(
  <path d="M13.5 2.5c-3 1.2-5.3 3.4-6.6 5.7l1.9 1.9c2.3-1.3 4.2-4 4.7-7.6zM6 9.2c-1.7 0-2.4 1-2.5 2.1-.1.8-.6 1.4-1.3 1.7 2.6.8 5 .1 5.4-2.2" />,
)
export const Person = drawn(
  <>
    <circle cx="8" cy="5.3" r="2.5" />
    <path d="M3.2 13.2c.4-2.6 2.3-4 4.8-4s4.4 1.4 4.8 4" />
  </>,
)
export const Globe = drawn(
  <>
    <circle cx="8" cy="8" r="5.6" />
    <path d="M2.6 8h10.8M8 2.4c3.2 3.4 3.2 7.8 0 11.2M8 2.4c-3.2 3.4-3.2 7.8 0 11.2" />
  </>,
)
export const Compare = drawn(<path d="M8 2.5v11M3 4.5h3v7H3zM10 4.5h3v7h-3z" />)
export const Gallery = drawn(
  <>
    <rect x="2.5" y="2.5" width="4.6" height="6" rx=".8" />
    <rect x="2.5" y="11" width="4.6" height="2.5" rx=".8" />
    <rect x="9.4" y="2.5" width="4.1" height="2.5" rx=".8" />
    <rect x="9.4" y="7.5" width="4.1" height="6" rx=".8" />
  </>,
)
export const Chart = drawn(<path d="M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6" />)
export const Door = drawn(<path d="M9.5 2.8h3.7v10.4H9.5M2.8 8h6.7M7 5.4L9.6 8 7 10.6" />)
export const Rack = drawn(
  <>
    <rect x="2.5" y="3" width="11" height="4.2" rx="1" />
    <rect x="2.5" y="8.8" width="11" height="4.2" rx="1" />
    <path d="M5 5.1h.01M5 10.9h.01M7.5 5.1h3.5M7.5 10.9h3.5" />
  </>,
)
