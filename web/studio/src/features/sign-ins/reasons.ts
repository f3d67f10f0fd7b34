/** Why a sign-in is refused: what each code means, and what to do about it. */

import { inBoth } from '../../ui/language'

export interface Reason {
  name: string
  means: string
  todo: string
}

const EN: Record<string, Reason> = {
  token_missing: {
    name: 'No token',
    means: 'The request carried no token at all.',
    todo: 'Usually a page that was opened before signing in, or a program that forgot its Authorization header. Worth a look only if it keeps coming from one source.',
  },
  token_expired: {
    name: 'Token expired',
    means: 'The token was genuine and its time is over.',
    todo: 'A program must fetch a fresh token when it gets this answer; Estampe’s clients do. Many from one source: it keeps using an old one.',
  },
  token_not_active_yet: {
    name: 'Token not active yet',
    means: 'The token says that it begins in the future.',
    todo: 'Compare the clocks of this server and of whoever issues the tokens.',
  },
  token_invalid: {
    name: 'Token not valid',
    means: 'It is no token of ours: cut off, made for another audience, unknown, or made up.',
    todo: 'Check what the program sends and the audience in the settings. Many from one source: somebody is guessing, and is slowed down by itself.',
  },
  token_invalid_signature: {
    name: 'Wrong signature',
    means: 'The token names an issuer that you trust, whose key did not sign it.',
    todo: 'Either forged, or issued by another environment (a test instance, say). If it began with a change of keys, restart what still signs with the old one.',
  },
  token_invalid_algorithm: {
    name: 'Wrong algorithm',
    means: 'The token is signed in a way that its issuer’s key does not allow.',
    todo: 'A common trick of attackers. If it is your own issuer, let it sign with RS256 or ES256.',
  },
  token_invalid_authorized_party: {
    name: 'Issued to another site',
    means: 'The token is genuine and was issued to a site that may not call this server.',
    todo: 'If the site is yours, add its address to clerk_authorized_parties.',
  },
  token_invalid_issuer: {
    name: 'Unknown issuer',
    means: 'Nobody whom the settings trust issues such tokens.',
    todo: 'Check clerk_publishable_key or oidc_issuer: often a test key in production, or the other way round.',
  },
  token_type_mismatch: {
    name: 'Wrong kind of token',
    means: 'The token is genuine and of a kind that is not accepted here.',
    todo: 'Send a session token, or allow this kind with accepted_tokens.',
  },
  session_pending: {
    name: 'Sign-in not finished',
    means: 'The person has a step left, such as choosing an organisation.',
    todo: 'They finish it on the sign-in page; nothing to do for you.',
  },
  key_revoked: {
    name: 'Key withdrawn',
    means: 'An API key, or a session, that was withdrawn is still being used.',
    todo: 'Find what uses it by its route and source, and give it a new key.',
  },
  insufficient_user_authentication: {
    name: 'Sign-in too old',
    means: 'What was asked for, such as a new API key, needs a fresh sign-in.',
    todo: 'The person signs in again; nothing to do for you.',
  },
  sign_in_code_invalid: {
    name: 'Old sign-in link',
    means: 'The printed link was used before, or is too old.',
    todo: 'Print another with “estampe link”.',
  },
  permission_missing: {
    name: 'Permission missing',
    means: 'The person is known and may not do what they asked for.',
    todo: 'Give them the role or the permission if they should have it.',
  },
  identity_mismatch: {
    name: 'Another identity named',
    means: 'The request named another user or organisation than its token.',
    todo: 'Let the program leave user_id and organization_id out: the token says them.',
  },
  invalid_request: {
    name: 'Malformed credentials',
    means: 'Two credentials at once, a token in the address, or a header that cannot be read.',
    todo: 'Send one token, in the Authorization header.',
  },
  identity_provider_unavailable: {
    name: 'Provider did not answer',
    means: 'The keys of the issuer could not be fetched.',
    todo: 'Check that this server reaches the identity provider, and the provider’s own status page.',
  },
  webhook_signature_invalid: {
    name: 'Webhook not signed',
    means: 'A webhook that the identity provider did not sign.',
    todo: 'Compare clerk_webhook_secret with the one that the provider shows.',
  },
}

const FR: Record<string, Reason> = {
  token_missing: {
    name: 'Aucun jeton',
    means: 'La requête ne portait aucun jeton.',
    todo: 'Le plus souvent, une page ouverte avant de se connecter, ou un programme qui a oublié son en-tête Authorization. À regarder seulement si cela revient toujours d’une même source.',
  },
  token_expired: {
    name: 'Jeton expiré',
    means: 'Le jeton était authentique, mais son temps est passé.',
    todo: 'Un programme doit demander un nouveau jeton quand il reçoit cette réponse ; les clients d’Estampe le font. Beaucoup d’une même source : elle se sert toujours de l’ancien.',
  },
  token_not_active_yet: {
    name: 'Jeton pas encore actif',
    means: 'Le jeton dit qu’il commence plus tard.',
    todo: 'Comparez l’heure de ce serveur à celle de qui émet les jetons.',
  },
  token_invalid: {
    name: 'Jeton non valide',
    means: 'Ce n’est pas un jeton pour nous : tronqué, destiné à d’autres, inconnu ou inventé.',
    todo: 'Vérifiez ce qu’envoie le programme et l’audience dans les réglages. Beaucoup d’une même source : quelqu’un devine, et il est ralenti de lui-même.',
  },
  token_invalid_signature: {
    name: 'Mauvaise signature',
    means: 'Le jeton nomme un émetteur de confiance, mais ce n’est pas sa clé qui l’a signé.',
    todo: 'Soit un faux, soit un jeton d’un autre environnement (de test, par exemple). Si cela a commencé avec un changement de clés, relancez ce qui signe encore avec l’ancienne.',
  },
  token_invalid_algorithm: {
    name: 'Mauvais algorithme',
    means: 'Le jeton est signé d’une façon que la clé de son émetteur ne permet pas.',
    todo: 'Une ruse courante des attaquants. Si c’est votre émetteur, faites-le signer en RS256 ou ES256.',
  },
  token_invalid_authorized_party: {
    name: 'Émis pour un autre site',
    means: 'Le jeton est authentique, mais émis pour un site qui ne peut pas appeler ce serveur.',
    todo: 'Si le site est le vôtre, ajoutez son adresse à clerk_authorized_parties.',
  },
  token_invalid_issuer: {
    name: 'Émetteur inconnu',
    means: 'Aucun émetteur de confiance, d’après les réglages, ne fait de tels jetons.',
    todo: 'Vérifiez clerk_publishable_key ou oidc_issuer : souvent une clé de test en production, ou l’inverse.',
  },
  token_type_mismatch: {
    name: 'Mauvais genre de jeton',
    means: 'Le jeton est authentique, mais d’un genre qui n’est pas accepté ici.',
    todo: 'Envoyez un jeton de session, ou acceptez ce genre avec accepted_tokens.',
  },
  session_pending: {
    name: 'Connexion inachevée',
    means: 'Il reste une étape à la personne, comme de choisir une organisation.',
    todo: 'Elle la termine sur la page de connexion ; vous n’avez rien à faire.',
  },
  key_revoked: {
    name: 'Clé révoquée',
    means: 'Une clé d’API, ou une session, qui a été révoquée sert encore.',
    todo: 'Trouvez ce qui s’en sert par sa route et sa source, et donnez-lui une nouvelle clé.',
  },
  insufficient_user_authentication: {
    name: 'Connexion trop ancienne',
    means: 'Ce qui était demandé, comme une nouvelle clé d’API, exige une connexion récente.',
    todo: 'La personne se connecte de nouveau ; vous n’avez rien à faire.',
  },
  sign_in_code_invalid: {
    name: 'Ancien lien de connexion',
    means: 'Le lien imprimé a déjà servi, ou il est trop ancien.',
    todo: 'Imprimez-en un autre avec « estampe link ».',
  },
  permission_missing: {
    name: 'Permission manquante',
    means: 'La personne est connue, mais ne peut pas faire ce qu’elle demandait.',
    todo: 'Donnez-lui le rôle ou la permission si elle doit l’avoir.',
  },
  identity_mismatch: {
    name: 'Autre identité nommée',
    means: 'La requête nommait un autre utilisateur ou une autre organisation que son jeton.',
    todo: 'Que le programme laisse de côté user_id et organization_id : le jeton les dit.',
  },
  invalid_request: {
    name: 'Identification mal formée',
    means: 'Deux jetons à la fois, un jeton dans l’adresse, ou un en-tête illisible.',
    todo: 'Envoyez un seul jeton, dans l’en-tête Authorization.',
  },
  identity_provider_unavailable: {
    name: 'Fournisseur muet',
    means: 'Les clés de l’émetteur n’ont pas pu être obtenues.',
    todo: 'Vérifiez que ce serveur atteint le fournisseur d’identité, et la page d’état de celui-ci.',
  },
  webhook_signature_invalid: {
    name: 'Webhook non signé',
    means: 'Un webhook que le fournisseur d’identité n’a pas signé.',
    todo: 'Comparez clerk_webhook_secret à celui que montre le fournisseur.',
  },
}

const useReasons = inBoth({ known: EN }, { known: FR })

/** What a code means; one that a newer server knows stands for itself. */
export function useReason(): (code: string) => Reason {
  const { known } = useReasons()
  return (code) => known[code] ?? { name: code, means: '', todo: '' }
}
