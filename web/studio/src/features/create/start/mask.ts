/** A mask as the gestures that made it, so that each can be undone; drawn as a veil, sent as black and white. */

export type Tool = 'paint' | 'erase'

export interface Point {
  x: number
  y: number
}

/** Sizes and places are in parts of the picture's longer side, so that they fit any canvas. */
export type Gesture =
  | { type: 'stroke'; tool: Tool; size: number; points: Point[] }
  | { type: 'whole' }
  | { type: 'invert' }
  | { type: 'clear' }

/** The red of a seal; the style sheet lets the picture through. */
export const VEIL = '#c2382e'

export const isEmpty = (gestures: Gesture[]): boolean => {
  const last = gestures.at(-1)
  return !last || last.type === 'clear'
}

/** What is painted is opaque, in `colour`. */
export function draw(canvas: HTMLCanvasElement, gestures: Gesture[], colour: string): void {
  const brush = canvas.getContext('2d')!
  brush.globalCompositeOperation = 'source-over'
  brush.clearRect(0, 0, canvas.width, canvas.height)
  brush.fillStyle = brush.strokeStyle = colour
  brush.lineCap = brush.lineJoin = 'round'
  for (const gesture of gestures) one(brush, gesture)
}

function one(brush: CanvasRenderingContext2D, gesture: Gesture): void {
  const { width, height } = brush.canvas
  if (gesture.type === 'stroke') return stroke(brush, gesture, Math.max(width, height))
  if (gesture.type === 'clear') return brush.clearRect(0, 0, width, height)
  brush.globalCompositeOperation = gesture.type === 'invert' ? 'xor' : 'source-over'
  brush.fillRect(0, 0, width, height)
}

type Stroke = Extract<Gesture, { type: 'stroke' }>

function stroke(brush: CanvasRenderingContext2D, { tool, size, points }: Stroke, scale: number): void {
  const [first, ...rest] = points
  if (!first) return
  brush.globalCompositeOperation = tool === 'erase' ? 'destination-out' : 'source-over'
  brush.lineWidth = size * scale
  brush.beginPath()
  brush.moveTo(first.x * scale, first.y * scale)
  for (const { x, y } of rest.length ? rest : [first]) brush.lineTo(x * scale, y * scale)
  brush.stroke()
}

/** White where the picture may change, as the models want it. */
export function written(gestures: Gesture[], width: number, height: number): Promise<Blob> {
  const [veil, page] = [sized(width, height), sized(width, height)]
  draw(veil, gestures, '#fff')
  const brush = page.getContext('2d')!
  brush.fillRect(0, 0, width, height)
  brush.drawImage(veil, 0, 0)
  return asBlob(page)
}

/** To be laid over the picture. */
export function veiled(gestures: Gesture[], width: number, height: number, colour: string): Promise<Blob> {
  const canvas = sized(width, height)
  draw(canvas, gestures, colour)
  return asBlob(canvas)
}

function sized(width: number, height: number): HTMLCanvasElement {
  return Object.assign(document.createElement('canvas'), { width, height })
}

const asBlob = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The mask could not be drawn.'))), 'image/png'),
  )
