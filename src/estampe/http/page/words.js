/** What the page says, in English and French, and how numbers and dates are written. */

const WORDS = {
  en: {
    other: "Français", leave: "Sign out", close: "Close",
    outside: "You are not signed in", run: "In a terminal on the machine that runs Estampe, ask for a link:",
    open: "`make up` prints one too. Open it here: it works once, and this browser stays signed in.",
    elsewhere: "People do not sign in from this page here.",
    ask: "What would you like to see?", example: "A purple butterfly",
    kind: "What to make", picture: "Picture", clip: "Clip", model: "Model", make: "Make it",
    examples: "Examples", image: ["a cat", "red apple", "purple butterfly", "sailboat on a blue background"],
    video: ["a butterfly", "bouncing red apple", "flying rocket", "dancing octopus"],
    yours: "Your prints", more: "Show more", cancel: "Cancel",
    sending: "Sending", next: "Next in line", ahead: (n) => `${n} ahead in line`, running: "Starting",
    canceling: "Canceling", succeeded: "Done", failed: "It did not work", canceled: "Canceled", expired: "Expired",
    ignored: (words) => `ignored: ${words}`, of: (n) => `${n} files`,
    seed: "Seed", size: "Size", took: "Made in", made: "Made on", understood: "Understood", skipped: "Ignored",
    download: "Download", fresh: "Try a new seed", again: "Repeat this seed", edit: "Edit the words",
    remove: "Delete", sure: "Delete for good?",
    tell: (prompt, what) => `“${prompt}”: ${what}`, removed: "Deleted", pause: (n) => `Try again in ${n} s.`,
    offline: "The server does not answer. Trying again…",
    unreachable: "The server cannot be reached. Check that `estampe up` still runs, then try again.",
  },
  fr: {
    other: "English", leave: "Se déconnecter", close: "Fermer",
    outside: "Connexion requise", run: "Dans un terminal, sur la machine où tourne Estampe, demandez un lien :",
    open: "« make up » en affiche un aussi. Ouvrez-le ici : il sert une seule fois, et ce navigateur reste connecté.",
    elsewhere: "Ici, la connexion ne se fait pas depuis cette page.",
    ask: "Que voulez-vous voir ?", example: "Un papillon violet",
    kind: "Quoi créer", picture: "Image", clip: "Clip", model: "Modèle", make: "Créer",
    examples: "Exemples", image: ["un chat", "pomme rouge", "papillon violet", "voilier sur fond bleu"],
    video: ["un papillon", "pomme rouge qui rebondit", "fusée qui vole", "pieuvre qui danse"],
    yours: "Vos estampes", more: "Afficher la suite", cancel: "Annuler",
    sending: "Envoi", next: "Prochaine dans la file", ahead: (n) => `${n} devant dans la file`, running: "Démarrage",
    canceling: "Annulation", succeeded: "Terminé", failed: "Cela n’a pas marché", canceled: "Annulé", expired: "Expiré",
    ignored: (words) => `ignoré : ${words}`, of: (n) => `${n} fichiers`,
    seed: "Graine", size: "Taille", took: "Créé en", made: "Créé le", understood: "Compris", skipped: "Ignoré",
    download: "Télécharger", fresh: "Nouvelle graine", again: "Même graine", edit: "Modifier le texte",
    remove: "Supprimer", sure: "Supprimer pour de bon ?",
    tell: (prompt, what) => `« ${prompt} » : ${what}`, removed: "Supprimé", pause: (n) => `Réessayez dans ${n} s.`,
    offline: "Le serveur ne répond pas. Nouvel essai…",
    unreachable: "Le serveur est injoignable. Vérifiez que « estampe up » tourne toujours, puis réessayez.",
  },
};
const KEPT = "estampe.language";

let spoken = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2)), "en"]
  .find((tag) => tag in WORDS);

export const language = () => spoken;

/** The words for `name`; those that take values are given them. */
export function t(name, ...values) {
  const said = WORDS[spoken][name];
  const text = typeof said === "function" ? said(...values) : said;
  return spoken === "fr" && text.replace ? text.replace(/ (?=[?:»])|(?<=«) /g, "\u00a0") : text;
}

export function toggle() {
  spoken = spoken === "fr" ? "en" : "fr";
  localStorage.setItem(KEPT, spoken);
}

export const number = (value, options) => new Intl.NumberFormat(spoken, options).format(value);
export const seconds = (value) => number(value, { style: "unit", unit: "second", maximumFractionDigits: 1 });
export const date = (text) =>
  new Intl.DateTimeFormat(spoken, { dateStyle: "long", timeStyle: "short" }).format(new Date(text));

/** Puts the words into every element under `root` that asks for some. */
export function fill(root) {
  for (const one of root.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  for (const name of ["placeholder", "aria-label"])
    for (const one of root.querySelectorAll(`[data-t-${name}]`))
      one.setAttribute(name, t(one.getAttribute(`data-t-${name}`)));
}
