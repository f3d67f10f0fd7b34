"""Everything that is refused on purpose, each with a line for the terminal."""


class Refused(Exception):
    """Told to whoever asked, without a trace."""


class SourceRefused(Refused):
    """A package that is not what `sources.json` says, or not under a licence that it allows."""


class UnknownRecipe(Refused):
    """No such table, or one that says what no recipe knows."""


class NothingTrained(Refused):
    """No averaged weights where they should lie."""


class OtherWords(Refused):
    """The data changed under a run."""


class TooLarge(Refused):
    """More than the package may carry."""
