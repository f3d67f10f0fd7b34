/** The picture and the veil that a pointer, or the arrow keys and Space, paint on it. */

import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { useFormat } from '../../../ui/format'
import { useWords } from '../words'
import { draw, VEIL, type Gesture, type Point, type Tool } from './mask'
import style from './mask.module.css'

interface MaskCanvasProps {
  picture: string
  width: number
  height: number
  gestures: Gesture[]
  tool: Tool
  size: number
  onGesture: (gesture: Gesture) => void
}

const MOVES: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export function MaskCanvas({ picture, width, height, gestures, tool, size, onGesture }: MaskCanvasProps) {
  const words = useWords()
  const format = useFormat()
  const canvas = useRef<HTMLCanvasElement>(null)
  const [points, setPoints] = useState<Point[]>([])
  const longest = Math.max(width, height)
  const [edgeX, edgeY] = [width / longest, height / longest]
  const [cursor, setCursor] = useState<Point>({ x: edgeX / 2, y: edgeY / 2 })
  const [seen, setSeen] = useState(false)

  useEffect(() => {
    const under = points.length ? [...gestures, { type: 'stroke' as const, tool, size, points }] : gestures
    if (canvas.current) draw(canvas.current, under, VEIL)
  }, [gestures, points, tool, size, width, height])

  const at = (event: PointerEvent): Point => {
    const box = canvas.current!.getBoundingClientRect()
    return { x: ((event.clientX - box.left) / box.width) * edgeX, y: ((event.clientY - box.top) / box.height) * edgeY }
  }
  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setPoints([at(event)])
  }
  const go = (event: PointerEvent) => {
    const point = at(event)
    setCursor(point)
    setSeen(true)
    if (points.length) setPoints([...points, point])
  }
  const end = () => {
    if (points.length) onGesture({ type: 'stroke', tool, size, points })
    setPoints([])
  }
  const press = (event: KeyboardEvent) => {
    const move = MOVES[event.key]
    if (move)
      setCursor(({ x, y }) => ({
        x: within(x + (move[0] * size) / 2, edgeX),
        y: within(y + (move[1] * size) / 2, edgeY),
      }))
    else if (event.key === ' ') onGesture({ type: 'stroke', tool, size, points: [cursor] })
    else return
    setSeen(true)
    event.preventDefault()
  }
  const [across, down] = [cursor.x / edgeX, cursor.y / edgeY]
  return (
    <div className={style.easel}>
      <div
        className={style.plate}
        style={{ aspectRatio: `${width} / ${height}`, maxWidth: `calc(70dvh * ${width / height})` }}
        role="application"
        aria-label={`${words.mask}: ${words.maskPlace(format.percent(across), format.percent(down))}`}
        tabIndex={0}
        onPointerDown={begin}
        onPointerMove={go}
        onPointerUp={end}
        onPointerCancel={() => setPoints([])}
        onPointerLeave={() => setSeen(false)}
        onKeyDown={press}
        onBlur={() => setSeen(false)}
      >
        <img src={picture} alt="" draggable={false} />
        <canvas ref={canvas} width={width} height={height} />
        <span
          className={style.cursor}
          hidden={!seen}
          style={{ left: `${across * 100}%`, top: `${down * 100}%`, width: `${(size / edgeX) * 100}%` }}
        />
      </div>
    </div>
  )
}

const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most)
