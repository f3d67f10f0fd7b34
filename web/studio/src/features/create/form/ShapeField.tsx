/** How wide and how high, as shapes to choose from. */

import { useWords } from '../words'
import { Choices, type Choice } from './Choices'
import { Group } from './Group'
import { Reset } from './Reset'
import { shapesOf, usual, type Shape, type Sides } from './shapes'
import style from './form.module.css'

interface ShapeFieldProps {
  sides: Sides
  width: number | undefined
  height: number | undefined
  /** Without one: as the model does by itself. */
  onChoose: (shape: Shape | undefined) => void
}

export function ShapeField({ sides, width, height, onChoose }: ShapeFieldProps) {
  const words = useWords()
  const shapes = shapesOf(sides)
  const [across, down] = [width ?? usual(sides.width), height ?? usual(sides.height)]
  const now = shapes.find((shape) => shape.width === across && shape.height === down)
  const changed = width !== undefined || height !== undefined
  const aside = (
    <span className={style.aside}>
      <Reset of={words.shape} onReset={changed ? () => onChoose(undefined) : undefined} />
      <span>{words.own(across, down)}</span>
    </span>
  )
  return (
    <Group label={words.shape} aside={aside}>
      {(bound) => (
        <Choices
          {...bound}
          choices={shapes.map((shape): Choice<string> => ({
            value: shape.name,
            label: words.shapeOf(shape.name, shape.width, shape.height),
            shown: <Drawn shape={shape} />,
          }))}
          value={now?.name ?? null}
          onChoose={(name) => onChoose(shapes.find((shape) => shape.name === name))}
        />
      )}
    </Group>
  )
}

const SIDE = 18

function Drawn({ shape: { name, width, height } }: { shape: Shape }) {
  const scale = SIDE / Math.max(width, height)
  const [across, down] = [width * scale, height * scale]
  return (
    <span className={style.shape}>
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor">
        <rect x={10 - across / 2} y={10 - down / 2} width={across} height={down} rx="1.5" strokeWidth="1.5" />
      </svg>
      {name}
    </span>
  )
}
