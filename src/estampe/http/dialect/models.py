"""`/v1/models`: the names that may be asked for, ours and their aliases."""

from estampe.errors import Text, UnknownModel
from estampe.http.dialect.refusals import MANNER
from estampe.http.dialect.shapes import ModelCard, ModelCards
from estampe.http.dialect.wishes import ANY_NAME, OWN_MODEL
from estampe.http.installation import Installation
from estampe.http.route import Access, Call, Reply, Route


async def list_model_cards(call: Call[None, None]) -> Reply:
    return Reply(200, ModelCards(data=await _cards(call.installation)))


async def model_card(call: Call[None, None]) -> Reply:
    cards = await _cards(call.installation)
    wanted = call.path["model"]
    found = next((card for card in cards if card.id == wanted), None)
    if found is None:
        known = ", ".join(card.id for card in cards)
        raise UnknownModel(
            Text(f"There is no model “{wanted}”; there are: {known}.",
                 f"Il n'y a pas de modèle « {wanted} » ; il y a : {known}.")
        )  # fmt: skip
    return Reply(200, found)


async def _cards(here: Installation) -> list[ModelCard]:
    """An alias of a model that nobody can make now is left out; that of each kind's own model has no kind."""
    models = await here.announced.all()
    kinds = {model.name: model.kind for model in models}
    own = [ModelCard(id=model.name, kind=model.kind) for model in models]
    aliases = here.settings.openai_model_aliases.items()
    named = [(alias, target) for alias, target in aliases if alias != ANY_NAME and alias not in kinds]
    return own + [
        ModelCard(id=alias, kind=kinds.get(target)) for alias, target in named if target in {*kinds, OWN_MODEL}
    ]


ROUTES = [
    Route("GET", "/v1/models", list_model_cards, may=Access.SIGNED_IN, tag="openai", summary="Names of models",
          replies={200: ModelCards}, manner=MANNER),
    Route("GET", "/v1/models/{model}", model_card, may=Access.SIGNED_IN, tag="openai", summary="One model",
          replies={200: ModelCard}, refuses=(UnknownModel,), manner=MANNER),
]  # fmt: skip
