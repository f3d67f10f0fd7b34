/** What the fields that are known to many models are called; a model's own words stand for the others. */

import { inBoth } from '../../../ui/language'
import { humanized, type FieldSpec } from './schema'

interface Name {
  label: string
  hint?: string
}

const useNames = inBoth<Record<string, Name>>(
  {
    negative_prompt: { label: 'Leave out', hint: 'What you do not want to see.' },
    width: { label: 'Width' },
    height: { label: 'Height' },
    num_outputs: { label: 'How many' },
    seed: { label: 'Seed', hint: 'The same seed makes the same again.' },
    num_inference_steps: { label: 'Steps', hint: 'More take longer, and may show more detail.' },
    guidance_scale: { label: 'Closeness to the words' },
    num_frames: { label: 'Frames' },
    fps: { label: 'Frames a second' },
    duration_s: { label: 'Seconds' },
    output_format: { label: 'File format' },
    embed_metadata: { label: 'Keep the recipe in the file', hint: 'Words, seed and settings travel with it.' },
    strength: { label: 'How much may change', hint: 'Little keeps to the start picture.' },
  },
  {
    negative_prompt: { label: 'À éviter', hint: 'Ce que vous ne voulez pas voir.' },
    width: { label: 'Largeur' },
    height: { label: 'Hauteur' },
    num_outputs: { label: 'Combien' },
    seed: { label: 'Graine', hint: 'La même graine refait la même chose.' },
    num_inference_steps: { label: 'Étapes', hint: 'Davantage prend plus de temps, et peut montrer plus de détails.' },
    guidance_scale: { label: 'Fidélité au texte' },
    num_frames: { label: 'Nombre d’images' },
    fps: { label: 'Images par seconde' },
    duration_s: { label: 'Secondes' },
    output_format: { label: 'Format du fichier' },
    embed_metadata: {
      label: 'Garder la recette dans le fichier',
      hint: 'Texte, graine et réglages voyagent avec lui.',
    },
    strength: { label: 'Part de changement', hint: 'Peu reste près de l’image de départ.' },
  },
)

/** What a field is called, and what it does. */
export function useName(): (field: FieldSpec) => Name {
  const names = useNames()
  return ({ name, title, description }) =>
    Object.hasOwn(names, name)
      ? names[name]!
      : { label: title ?? humanized(name), ...(description && { hint: description }) }
}
